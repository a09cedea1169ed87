import { assert } from "../../base/errors/index.ts";
import { bodyMask, maskBytes } from "../../imaging/volume/index.ts";
import { BoxSsim } from "./box-ssim.ts";
import { ErrorSums } from "./error-sums.ts";
import { BODY_OF_CT } from "./named-mask.ts";
import { clipSlice } from "./psnr.ts";
import type { MetricReport, MetricValue } from "./report.ts";
import { type MetricWork, readSlice } from "./work.ts";

/** HU are clipped to this range; its width is the data range. */
const RANGE = [-1024, 3000] as const;
/** Share of the image that the body must cover for a slice to count. */
const COVERAGE = 0.05;

/** The metrics of one axial slice. HU metrics are taken on clipped values. */
export interface SliceMetrics {
  /** Index of the slice on the RAS grid, 0 at the feet. */
  readonly slice: number;
  readonly mae: number;
  readonly me: number;
  readonly rmse: number;
  /** Infinity when the slices are identical. */
  readonly psnr: number;
  /** NaN when the image is smaller than 7×7. */
  readonly ssim: number;
}

/**
 * Each axial slice in which the body covers at least 5 % of the image, from the feet up.
 *
 * @param sums gets the clipped values of these slices, counted from the range's low end
 */
export async function measureSlices(
  work: MetricWork,
  sums = new ErrorSums(work.classes, RANGE[0]),
): Promise<SliceMetrics[]> {
  const { reference, tick } = work;
  const [nx, ny, nz] = reference.shape;
  const [low, high] = RANGE;
  const body = work.inside ?? maskBytes(work.mask ?? bodyMask(reference));
  const plane = nx * ny;
  const ssim = new BoxSsim(nx, ny, { depth: 1, dataRange: high - low });
  const out: SliceMetrics[] = [];
  for (let k = 0; k < nz; k++) {
    await tick(k, nz);
    let covered = 0;
    for (let i = k * plane; i < (k + 1) * plane; i++) covered += body[i]!;
    if (covered < COVERAGE * plane) continue;
    const { x, y } = ssim.slot;
    readSlice(reference, k, x);
    readSlice(work.prediction, k, y);
    clipSlice(x, y, 0, plane, undefined, 0, low, high);
    const { absolute, signed, squared } = sums.add(x, y, 0, plane, undefined, 0);
    ssim.push();
    // SSIM and PSNR do not change with scale, so HU with data range 4024 give what [0, 1] with data range 1 gives.
    const mse = squared / plane;
    out.push({
      slice: k,
      mae: absolute / plane,
      me: signed / plane,
      rmse: Math.sqrt(mse),
      psnr: mse === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10((high - low) ** 2 / mse),
      ssim: ssim.take().mean,
    });
  }
  await tick(nz, nz);
  return out;
}

/**
 * Slice by slice, as papers on 2-D networks report: HU clipped to [-1024, 3000] and scaled to [0, 1]; axial slices in
 * which the body covers at least 5 % of the image; per slice scikit-image's `structural_similarity` and
 * `peak_signal_noise_ratio` with data range 1 and defaults otherwise, and MAE, ME and RMSE in HU of the clipped values, all
 * over the whole image; then the mean over slices. Background air counts, which flatters every one of these numbers: don't
 * compare them with metrics taken inside a mask. Errors by class and NCC are taken over all pixels of these slices together.
 */
export async function slice2d(work: MetricWork): Promise<MetricReport> {
  const sums = new ErrorSums(work.classes, RANGE[0]);
  const slices = await measureSlices(work, sums);
  assert(
    slices.length > 0,
    `in no axial slice does the ${work.mask ? "mask" : "body"} cover ${100 * COVERAGE} % of the image`,
    { where: { call: "Metrics.evaluate" }, hint: "crop the volumes, or use a preset that works on volumes" },
  );
  const [nx, ny] = work.reference.shape;
  const common = {
    preset: "slice2d",
    dataRange: RANGE,
    maskRule: `whole image of axial slices in which ${work.maskName ?? BODY_OF_CT} covers 5 % or more`,
    voxels: slices.length * nx * ny,
  } as const;
  const mean = (key: "mae" | "me" | "rmse" | "ssim"): MetricValue => ({
    ...common,
    value: slices.reduce((sum, s) => sum + s[key], 0) / slices.length,
  });
  const noSsim = nx < 7 || ny < 7 ? { why: `a 7×7 window does not fit into a slice of ${nx}×${ny}` } : {};
  const windows = Math.max(0, nx - 6) * Math.max(0, ny - 6) * slices.length;
  const { ncc, classes } = sums.values(common);
  return {
    preset: "slice2d",
    simulated: work.prediction.simulated || work.reference.simulated,
    patients: 1,
    slices: slices.length,
    mae: { ...mean("mae"), unit: "HU" },
    me: { ...mean("me"), unit: "HU" },
    rmse: { ...mean("rmse"), unit: "HU" },
    psnr: { ...common, ...meanPsnr(slices, nx * ny), unit: "dB" },
    ssim: { ...mean("ssim"), voxels: windows, ...noSsim },
    ncc,
    classes,
  };
}

function meanPsnr(
  slices: readonly SliceMetrics[],
  plane: number,
): Pick<MetricValue, "value" | "voxels" | "why"> {
  const used = slices.filter((s) => Number.isFinite(s.psnr));
  const left = slices.length - used.length;
  if (used.length === 0)
    return {
      value: Number.POSITIVE_INFINITY,
      voxels: slices.length * plane,
      why: "all slices are identical to the reference",
    };
  return {
    value: used.reduce((sum, s) => sum + s.psnr, 0) / used.length,
    voxels: used.length * plane,
    ...(left > 0 ? { why: `${left} of ${slices.length} slices left out: identical to the reference` } : {}),
  };
}
