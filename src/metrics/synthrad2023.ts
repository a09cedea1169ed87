import { assert } from "../errors/index.ts";
import { maskBytes } from "../volume/index.ts";
import type { MetricReport, MetricValue } from "./report.ts";
import { Ssim3d } from "./ssim.ts";
import { type MetricWork, readSlice } from "./work.ts";

/** HU range of the challenge's PSNR and SSIM; its width, 4024, is their data range. */
const RANGE = [-1024, 3000] as const;

/**
 * The metrics of the SynthRAD2023 challenge as its organisers scored it from 14 July 2023 on (Huijben et al., Med Image
 * Anal 97, 2024): MAE, ME and RMSE unclipped in the mask; PSNR in the mask after clipping; SSIM over 7×7×7 windows after
 * clipping and setting everything outside the mask to -1024, averaged over the mask.
 */
export async function synthrad2023(work: MetricWork): Promise<MetricReport> {
  const { reference, tick } = work;
  const [nx, ny, nz] = reference.shape;
  const [low, high] = RANGE;
  const mask = work.mask && maskBytes(work.mask);
  const plane = nx * ny;
  const x = new Float64Array(plane);
  const y = new Float64Array(plane);
  const ssim = new Ssim3d(nx, ny, high - low);
  let voxels = 0;
  let absolute = 0;
  let signed = 0;
  let squared = 0;
  let clippedSquared = 0;
  for (let k = 0; k < nz; k++) {
    readSlice(reference, k, x);
    readSlice(work.prediction, k, y);
    for (let p = 0, i = k * plane; p < plane; p++, i++) {
      if (mask && !mask[i]) {
        x[p] = 0; // -1024 HU on the scale of SSIM, which starts there
        y[p] = 0;
        continue;
      }
      const difference = y[p]! - x[p]!;
      voxels++;
      absolute += Math.abs(difference);
      signed += difference;
      squared += difference * difference;
      x[p] = Math.max(low, Math.min(high, x[p]!)) - low;
      y[p] = Math.max(low, Math.min(high, y[p]!)) - low;
      clippedSquared += (x[p]! - y[p]!) ** 2;
    }
    const centre = ssim.centre;
    ssim.push(x, y, mask && centre >= 0 ? mask.subarray(centre * plane, (centre + 1) * plane) : undefined);
    await tick(k + 1, nz);
  }
  assert(voxels > 0, "the mask is empty: no voxel is above 0", "Metrics.evaluate");

  const { mean, windows } = ssim.result();
  const mse = clippedSquared / voxels;
  const rule = mask ? "voxels inside the given mask (above 0)" : "no mask given: all voxels";
  const inMask = { preset: "synthrad2023", maskRule: rule, voxels } as const;
  const unclipped = { ...inMask, unit: "HU", dataRange: null } as const;
  return {
    preset: "synthrad2023",
    simulated: work.prediction.simulated || reference.simulated,
    patients: 1,
    mae: { ...unclipped, value: absolute / voxels },
    me: { ...unclipped, value: signed / voxels },
    rmse: { ...unclipped, value: Math.sqrt(squared / voxels) },
    psnr: {
      ...inMask,
      value: mse === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10((high - low) ** 2 / mse),
      unit: "dB",
      dataRange: RANGE,
      ...(mse === 0 ? { why: "prediction and reference are identical" } : {}),
    },
    ssim: {
      ...inMask,
      value: mean,
      dataRange: RANGE,
      maskRule: `${rule}; 7×7×7 windows wholly inside the volume${mask ? "; -1024 HU outside the mask" : ""}`,
      voxels: windows,
      ...whyNoSsim(windows, reference.shape),
    },
  };
}

function whyNoSsim(windows: number, shape: readonly number[]): Pick<MetricValue, "why"> {
  if (windows > 0) return {};
  if (shape.some((n) => n < 7))
    return { why: `a 7×7×7 window does not fit into a volume of ${shape.join("×")} voxels` };
  return { why: "no mask voxel lies 3 voxels or more inside the volume" };
}
