import { ErrorSums } from "./error-sums.ts";
import { GaussSsim, TAPS } from "./gauss-ssim.ts";
import { clipSlice, psnrOf } from "./psnr.ts";
import type { MetricReport, MetricValue } from "./report.ts";
import { type MetricWork, readSlice } from "./work.ts";

const RANGE = [-1024, 3000] as const;
/** Weights of the five scales, finest first (Wang et al., Asilomar 2003), as MONAI's defaults. */
const WEIGHTS = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333] as const;
/** MONAI refuses smaller volumes for MS-SSIM: 16 voxels of the finest scale for each of a kernel's 11. */
const SMALLEST = TAPS * (WEIGHTS.length - 1) ** 2;

/**
 * What MONAI's `MAEMetric`, `RMSEMetric`, `PSNRMetric`, `SSIMMetric` and `MultiScaleSSIMMetric` give in three dimensions with their
 * defaults (Gaussian window of 11 voxels, σ 1.5, K1 0.01, K2 0.03) for images clipped and scaled to the data range, over the
 * whole volume. MONAI computes in float32, we in float64. HU are kept as the unit of errors: SSIM and PSNR do not change with scale.
 */
export async function monai(work: MetricWork): Promise<MetricReport> {
  const { reference, inside, tick, dataRange = RANGE } = work;
  const [nx, ny, nz] = reference.shape;
  const [low, high] = dataRange;
  const plane = nx * ny;
  const sums = new ErrorSums(work.classes, low);
  const multi = reference.shape.every((n) => n >= SMALLEST);
  const scales = scalesOf(nx, ny, high - low, multi ? WEIGHTS.length : 1);
  const x = new Float64Array(plane);
  const y = new Float64Array(plane);
  let squared = 0;
  for (let k = 0; k < nz; k++) {
    readSlice(reference, k, x);
    readSlice(work.prediction, k, y);
    squared += clipSlice(x, y, 0, plane, inside, k * plane, low, high);
    scales[0]!.push(x, y);
    sums.add(x, y, 0, plane, undefined, 0);
    await tick(k + 1, nz);
  }

  const { voxels } = sums;
  const means = scales.map((scale) => scale.windows.result());
  const fill = inside ? `; both ${low} HU outside ${work.maskName}` : "";
  const common = { preset: "monai", dataRange, maskRule: `all voxels${fill}` } as const;
  const windows = means[0]!.windows;
  return {
    preset: "monai",
    simulated: work.prediction.simulated || reference.simulated,
    patients: 1,
    ...sums.values(common),
    psnr: { ...common, voxels, ...psnrOf(squared / voxels, dataRange) },
    ssim: {
      ...common,
      value: means[0]!.ssim,
      maskRule: `${common.maskRule}; Gaussian windows of 11×11×11 wholly inside the volume`,
      voxels: windows,
      ...(windows > 0 ? {} : tooSmall(reference.shape, TAPS, "SSIM")),
    },
    msssim: {
      ...common,
      value: multi
        ? means.reduce(
            (product, { ssim, contrast }, n) =>
              product * Math.max(0, n === WEIGHTS.length - 1 ? ssim : contrast) ** WEIGHTS[n]!,
            1,
          )
        : Number.NaN,
      maskRule: `${common.maskRule}; Gaussian windows of 11×11×11 at five scales`,
      voxels: multi ? means.reduce((sum, mean) => sum + mean.windows, 0) : 0,
      ...(multi ? {} : tooSmall(reference.shape, SMALLEST, "MS-SSIM")),
    },
  };
}

function tooSmall(shape: readonly number[], least: number, what: string): Pick<MetricValue, "why"> {
  return { why: `MONAI's ${what} needs ${least} voxels or more an axis, this volume is ${shape.join("×")}` };
}

function scalesOf(nx: number, ny: number, dataRange: number, count: number): Scale[] {
  const out: Scale[] = [];
  for (let n = count - 1; n >= 0; n--) out.unshift(new Scale(nx >> n, ny >> n, dataRange, out[0]));
  return out;
}

/** One scale; hands the means of 2×2×2 voxels (a last odd one is dropped, as by PyTorch's `avg_pool3d`) to the next. */
class Scale {
  readonly windows: GaussSsim;
  readonly #nx: number;
  readonly #ny: number;
  readonly #next: Scale | undefined;
  #before: readonly [Float64Array, Float64Array] | undefined;

  constructor(nx: number, ny: number, dataRange: number, next: Scale | undefined) {
    this.windows = new GaussSsim(nx, ny, dataRange);
    this.#nx = nx;
    this.#ny = ny;
    this.#next = next;
  }

  push(x: Float64Array, y: Float64Array): void {
    this.windows.push({ x, y });
    if (!this.#next) return;
    const halves = [this.#halve(x), this.#halve(y)] as const;
    if (!this.#before) {
      this.#before = halves;
      return;
    }
    const [bx, by] = this.#before;
    this.#before = undefined;
    this.#next.push(
      halves[0].map((v, i) => (v + bx[i]!) / 8),
      halves[1].map((v, i) => (v + by[i]!) / 8),
    );
  }

  /** Sums of 2×2 pixels. */
  #halve(values: Float64Array): Float64Array {
    const nx = this.#nx;
    const [width, height] = [nx >> 1, this.#ny >> 1];
    const out = new Float64Array(width * height);
    for (let j = 0; j < height; j++)
      for (let i = 0; i < width; i++) {
        const at = 2 * (j * nx + i);
        out[j * width + i] = values[at]! + values[at + 1]! + values[at + nx]! + values[at + nx + 1]!;
      }
    return out;
  }
}
