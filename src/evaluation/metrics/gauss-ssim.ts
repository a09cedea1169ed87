import type { Planes } from "./box-ssim.ts";

/** Taps of the kernel along each axis. */
export const TAPS = 11;
const SIGMA = 1.5;
const KERNEL = kernel();

/** Means over the windows; NaN where none fits. */
export interface GaussSsimMean {
  readonly ssim: number;
  /** Contrast and structure alone: (2 cov + C2) / (var + var + C2). */
  readonly contrast: number;
  readonly windows: number;
}

/** Gaussian means of x, y, x² + y² and xy, side by side. */
type Smoothed = readonly Float64Array[];

/**
 * SSIM over Gaussian windows of 11×11×11 voxels, σ 1.5, that lie wholly inside the volume, with K1 = 0.01, K2 = 0.03 and population
 * covariance, as MONAI's `SSIMMetric` by default. Fed slice by slice along z; it keeps the in-plane means of 11 slices.
 */
export class GaussSsim {
  readonly #nx: number;
  readonly #ny: number;
  readonly #dataRange: number;
  readonly #ring: Smoothed[] = [];
  readonly #row: Float64Array;
  #slices = 0;
  #ssim = 0;
  #contrast = 0;
  #windows = 0;

  constructor(nx: number, ny: number, dataRange: number) {
    this.#nx = nx;
    this.#ny = ny;
    this.#dataRange = dataRange;
    this.#row = new Float64Array(nx * ny);
  }

  push({ x, y }: Planes): void {
    const [width, height] = [this.#nx - TAPS + 1, this.#ny - TAPS + 1];
    if (width < 1 || height < 1) return;
    const n = width * height;
    const slot = this.#slices++ % TAPS;
    this.#ring[slot] ??= [0, 1, 2, 3].map(() => new Float64Array(n));
    const square = x.map((v, i) => v * v + y[i]! * y[i]!);
    const product = x.map((v, i) => v * y[i]!);
    [x, y, square, product].forEach((values, m) => {
      smooth(values, this.#nx, this.#ny, this.#row, this.#ring[slot]![m]!);
    });
    if (this.#slices >= TAPS) this.#measure(n);
  }

  result(): GaussSsimMean {
    const n = this.#windows;
    return { ssim: this.#ssim / n, contrast: this.#contrast / n, windows: n };
  }

  #measure(n: number): void {
    const means = [0, 1, 2, 3].map((m) => {
      const sum = new Float64Array(n);
      for (let t = 0; t < TAPS; t++) {
        const weight = KERNEL[t]!;
        const plane = this.#ring[(this.#slices + t) % TAPS]![m]!;
        for (let i = 0; i < n; i++) sum[i]! += weight * plane[i]!;
      }
      return sum;
    }) as [Float64Array, Float64Array, Float64Array, Float64Array];
    const c1 = (0.01 * this.#dataRange) ** 2;
    const c2 = (0.03 * this.#dataRange) ** 2;
    for (let i = 0; i < n; i++) {
      const [ux, uy] = [means[0][i]!, means[1][i]!];
      const squares = ux * ux + uy * uy;
      const contrast = (2 * (means[3][i]! - ux * uy) + c2) / (means[2][i]! - squares + c2);
      this.#contrast += contrast;
      this.#ssim += ((2 * ux * uy + c1) / (squares + c1)) * contrast;
    }
    this.#windows += n;
  }
}

function kernel(): Float64Array {
  const taps = Float64Array.from({ length: TAPS }, (_, t) =>
    Math.exp(-(((t - (TAPS - 1) / 2) / SIGMA) ** 2) / 2),
  );
  const sum = taps.reduce((a, b) => a + b, 0);
  return taps.map((v) => v / sum);
}

/** Gaussian means along rows, then along columns, where the kernel lies wholly inside. */
function smooth(values: Float64Array, nx: number, ny: number, row: Float64Array, out: Float64Array): void {
  const width = nx - TAPS + 1;
  for (let j = 0; j < ny; j++)
    for (let i = 0; i < width; i++) {
      let sum = 0;
      for (let t = 0; t < TAPS; t++) sum += KERNEL[t]! * values[j * nx + i + t]!;
      row[j * width + i] = sum;
    }
  for (let j = 0; j < ny - TAPS + 1; j++)
    for (let i = 0; i < width; i++) {
      let sum = 0;
      for (let t = 0; t < TAPS; t++) sum += KERNEL[t]! * row[(j + t) * width + i]!;
      out[j * width + i] = sum;
    }
}
