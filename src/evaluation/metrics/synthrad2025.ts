import { assert } from "../../base/errors/index.ts";
import { BoxMsSsim } from "./box-ms-ssim.ts";
import { ErrorSums } from "./error-sums.ts";
import { voxelsInside } from "./named-mask.ts";
import { clipSlice, psnrOf } from "./psnr.ts";
import { boxOf } from "./region.ts";
import type { MetricReport, MetricValue } from "./report.ts";
import { whyNoSsim } from "./synthrad2023.ts";
import { type MetricWork, readSlice } from "./work.ts";

/** HU range of the challenge's own evaluation; its width, 4095, is the data range. */
const RANGE = [-1024, 3071] as const;

/**
 * The image metrics of the SynthRAD2025 challenge, as its evaluation of 12 May 2025 computes them: MAE (and ME, RMSE) in
 * the mask, unclipped; PSNR in the mask after clipping to [-1024, 3071]; MS-SSIM of {@link BoxMsSsim} after clipping and setting
 * everything outside the mask to -1024. A metrics repository of the same organisers clips to [-1024, 3000]: ask for it by
 * `dataRange`. `ssim` is no metric of that challenge: it is the SSIM of synthrad2023 with this preset's range, which the finest
 * scale of MS-SSIM gives for nothing.
 */
export async function synthrad2025(work: MetricWork): Promise<MetricReport> {
  const { reference, inside, tick, dataRange = RANGE } = work;
  const [nx, ny, nz] = reference.shape;
  const [low, high] = dataRange;
  const plane = nx * ny;
  const box = boxOf(inside, reference.shape);
  assert(box, "is empty: no voxel is above 0", { where: { call: "Metrics.evaluate", option: "mask" } });
  const sums = new ErrorSums(work.classes);
  const scales = new BoxMsSsim(reference.shape, high - low, inside);
  let clippedSquared = 0;
  for (let k = 0; k < nz; k++) {
    const { x, y } = scales.slot;
    if (k < box.z0 || k >= box.z1) {
      x.fill(0);
      y.fill(0);
    } else {
      // Rows outside the mask's box hold the 0 that they began with.
      const [from, to] = [box.y0 * nx, box.y1 * nx];
      readSlice(reference, k, x, from, to);
      readSlice(work.prediction, k, y, from, to);
      sums.add(x, y, from, to, inside, k * plane);
      clippedSquared += clipSlice(x, y, from, to, inside, k * plane, low, high);
    }
    scales.push(k);
    await tick(k + 1, nz);
  }

  const { voxels } = sums;
  const { value, windows, perScale, ssim } = scales.result();
  const rule = voxelsInside(work.maskName);
  const clipped = { preset: "synthrad2025", dataRange } as const;
  const fill = inside ? `; ${low} HU outside the mask` : "";
  return {
    preset: "synthrad2025",
    simulated: work.prediction.simulated || reference.simulated,
    patients: 1,
    ...sums.values({ preset: "synthrad2025", maskRule: rule, dataRange: null }),
    psnr: { ...clipped, maskRule: rule, voxels, ...psnrOf(clippedSquared / voxels, dataRange) },
    ssim: {
      ...clipped,
      value: ssim.mean,
      maskRule: `${rule}; 7×7×7 windows wholly inside the volume${padding(reference.shape)}${fill}; no metric of the challenge's`,
      voxels: ssim.windows,
      ...(ssim.windows > 0 ? {} : whyNoSsim(0, [])),
    },
    msssim: {
      ...clipped,
      value,
      maskRule: `${rule}; 7×7×7 windows at five scales${padding(reference.shape)}${fill}`,
      voxels: windows,
      ...whyNoScale(perScale),
    },
  };
}

function padding(shape: readonly number[]): string {
  return shape.some((n) => n < 97) ? "; borders repeated up to 97 voxels an axis" : "";
}

function whyNoScale(perScale: readonly number[]): Pick<MetricValue, "why"> {
  const empty = perScale.indexOf(0);
  return empty < 0
    ? {}
    : { why: `no mask voxel is the centre of a window at scale ${empty + 1} of 5 (of ${2 ** empty} voxels)` };
}
