import { allocateSums, MARGIN, type PlaneSums, planeSums, WINDOW } from "./window-sums.ts";

/** A mean of SSIM over windows; `windows` 0 means there was none. */
export interface SsimMean {
  readonly mean: number;
  readonly windows: number;
}

/**
 * SSIM (Wang et al., IEEE TIP 13, 2004) from the sums of one window of n voxels, with K1 = 0.01, K2 = 0.03, data range
 * `q` and sample covariance (n / (n - 1)), as scikit-image's `structural_similarity` by default.
 */
function ssimOf(sx: number, sy: number, sxx: number, syy: number, sxy: number, n: number, q: number): number {
  const c1 = (0.01 * q) ** 2;
  const c2 = (0.03 * q) ** 2;
  const ux = sx / n;
  const uy = sy / n;
  const norm = n / (n - 1);
  const vx = norm * (sxx / n - ux * ux);
  const vy = norm * (syy / n - uy * uy);
  const vxy = norm * (sxy / n - ux * uy);
  return ((2 * ux * uy + c1) * (2 * vxy + c2)) / ((ux * ux + uy * uy + c1) * (vx + vy + c2));
}

/**
 * Mean SSIM of two images (nx · ny, x fastest) over all 7×7 windows inside them. scikit-image filters with a reflecting
 * boundary and then crops 3 pixels a side, so that only these windows remain.
 */
export function ssim2d(
  x: Float64Array,
  y: Float64Array,
  nx: number,
  ny: number,
  dataRange: number,
): SsimMean {
  if (nx < WINDOW || ny < WINDOW) return { mean: Number.NaN, windows: 0 };
  const s = allocateSums(nx, ny);
  planeSums(x, y, nx, ny, s);
  const n = WINDOW * WINDOW;
  let sum = 0;
  for (let i = 0; i < s.x.length; i++)
    sum += ssimOf(s.x[i]!, s.y[i]!, s.xx[i]!, s.yy[i]!, s.xy[i]!, n, dataRange);
  return { mean: sum / s.x.length, windows: s.x.length };
}

/**
 * Mean SSIM of two volumes over the 7×7×7 windows inside them whose centre `include`s. Fed slice by slice along z, it
 * keeps the in-plane sums of 7 slices and their total: 320 bytes per pixel of a slice, however many slices.
 */
export class Ssim3d {
  readonly #nx: number;
  readonly #ny: number;
  readonly #dataRange: number;
  readonly #ring: PlaneSums[] = [];
  readonly #total: PlaneSums | undefined;
  #slices = 0;
  #sum = 0;
  #windows = 0;

  constructor(nx: number, ny: number, dataRange: number) {
    this.#nx = nx;
    this.#ny = ny;
    this.#dataRange = dataRange;
    if (nx < WINDOW || ny < WINDOW) return;
    for (let n = 0; n < WINDOW; n++) this.#ring.push(allocateSums(nx, ny));
    this.#total = allocateSums(nx, ny);
  }

  /** The slice whose windows the next `push` completes; its inclusion is what `push` wants. Negative at the start. */
  get centre(): number {
    return this.#slices - MARGIN;
  }

  /**
   * @param x slice of the one volume, nx · ny, x fastest; may be reused by the caller
   * @param y slice of the other
   * @param include which voxels of slice {@link centre} count: nx · ny of 0 and 1, or undefined for all
   */
  push(x: Float64Array, y: Float64Array, include: Uint8Array | undefined): void {
    const slot = this.#ring[this.#slices % WINDOW];
    this.#slices++;
    if (!slot) return;
    planeSums(x, y, this.#nx, this.#ny, slot);
    if (this.#slices >= WINDOW) this.#measure(include);
  }

  result(): SsimMean {
    return { mean: this.#sum / this.#windows, windows: this.#windows };
  }

  #measure(include: Uint8Array | undefined): void {
    if (include && !include.includes(1)) return;
    const { x, y, xx, yy, xy } = this.#addRing();
    const width = this.#nx - 2 * MARGIN;
    const height = this.#ny - 2 * MARGIN;
    const n = WINDOW ** 3;
    for (let j = 0; j < height; j++)
      for (let i = 0; i < width; i++) {
        if (include && !include[i + MARGIN + this.#nx * (j + MARGIN)]) continue;
        const p = i + width * j;
        this.#sum += ssimOf(x[p]!, y[p]!, xx[p]!, yy[p]!, xy[p]!, n, this.#dataRange);
        this.#windows++;
      }
  }

  /** The seven planes are added anew each time: cheap, and no error builds up along z. */
  #addRing(): PlaneSums {
    for (const key of ["x", "y", "xx", "yy", "xy"] as const) {
      const total = this.#total![key];
      total.set(this.#ring[0]![key]);
      for (let slot = 1; slot < WINDOW; slot++) {
        const plane = this.#ring[slot]![key];
        for (let i = 0; i < total.length; i++) total[i]! += plane[i]!;
      }
    }
    return this.#total!;
  }
}
