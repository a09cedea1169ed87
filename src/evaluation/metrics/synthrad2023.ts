import { assert } from "../../base/errors/index.ts";
import { BoxSsim, MARGIN } from "./box-ssim.ts";
import { ErrorSums } from "./error-sums.ts";
import { voxelsInside } from "./named-mask.ts";
import { clipSlice, psnrOf } from "./psnr.ts";
import { boxOf } from "./region.ts";
import type { MetricReport, MetricValue } from "./report.ts";
import { type MetricWork, readSlice } from "./work.ts";

/** HU range of the challenge's PSNR and SSIM; its width, 4024, is their data range. */
const RANGE = [-1024, 3000] as const;

/**
 * The metrics of the SynthRAD2023 challenge as its organisers scored it from 14 July 2023 on (Huijben et al., Med Image
 * Anal 97, 2024): MAE, ME and RMSE unclipped in the mask; PSNR in the mask after clipping; SSIM over 7×7×7 windows after
 * clipping and setting everything outside the mask to -1024, averaged over the mask.
 */
export async function synthrad2023(work: MetricWork): Promise<MetricReport> {
  const { reference, inside, tick } = work;
  const [nx, ny, nz] = reference.shape;
  const [low, high] = RANGE;
  const plane = nx * ny;
  const box = boxOf(inside, reference.shape);
  assert(box, "is empty: no voxel is above 0", { where: { call: "Metrics.evaluate", option: "mask" } });
  const sums = new ErrorSums(work.classes);
  const ssim = new BoxSsim(nx, ny, { depth: 7, dataRange: high - low, region: box });
  const [from, to] = [ssim.rows.y0 * nx, ssim.rows.y1 * nx];
  let clippedSquared = 0;
  // Slices further from the mask than half a window count nowhere.
  const first = Math.max(0, box.z0 - MARGIN);
  const end = Math.min(nz, box.z1 + MARGIN);
  for (let k = first; k < end; k++) {
    const { x, y } = ssim.slot;
    readSlice(reference, k, x, from, to);
    readSlice(work.prediction, k, y, from, to);
    sums.add(x, y, from, to, inside, k * plane);
    clippedSquared += clipSlice(x, y, from, to, inside, k * plane, low, high);
    ssim.push(inside, (first + ssim.centre) * plane);
    await tick(k + 1, nz);
  }
  if (end < nz) await tick(nz, nz);

  const { voxels } = sums;
  const { mean, windows } = ssim.result();
  const rule = voxelsInside(work.maskName);
  const inMask = { preset: "synthrad2023", maskRule: rule } as const;
  return {
    preset: "synthrad2023",
    simulated: work.prediction.simulated || reference.simulated,
    patients: 1,
    ...sums.values({ ...inMask, dataRange: null }),
    psnr: { ...inMask, voxels, dataRange: RANGE, ...psnrOf(clippedSquared / voxels, RANGE) },
    ssim: {
      ...inMask,
      value: mean,
      dataRange: RANGE,
      maskRule: `${rule}; 7×7×7 windows wholly inside the volume${inside ? "; -1024 HU outside the mask" : ""}`,
      voxels: windows,
      ...whyNoSsim(windows, reference.shape),
    },
  };
}

/** The reason, where there is no window. */
export function whyNoSsim(windows: number, shape: readonly number[]): Pick<MetricValue, "why"> {
  if (windows > 0) return {};
  if (shape.some((n) => n < 7))
    return { why: `a 7×7×7 window does not fit into a volume of ${shape.join("×")} voxels` };
  return { why: "no mask voxel lies 3 voxels or more inside the volume" };
}
