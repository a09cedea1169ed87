/**
 * SSIM in a uniform window by running sums: a slice enters the sums of seven slices and an older one leaves, then rows, then columns,
 * within the box of the mask. Four sums are enough, since SSIM only ever adds the two variances. `synthrad2025` needs no more: with C3 = C2 / 2
 * its luminance · contrast · structure is max(0, SSIM).
 */

import { grown, type Region } from "./region.ts";

/** Side of the uniform SSIM window, scikit-image's default. */
export const WINDOW = 7;
/** Voxels at each side of an axis where the window would leave the image. */
export const MARGIN = (WINDOW - 1) / 2;

/** A mean of SSIM over windows; `windows` 0 means there was none, and both means are NaN. */
export interface SsimMean {
  readonly mean: number;
  readonly windows: number;
  /** Mean of max(0, SSIM) to the power of `exponent`; the same as `mean` without an exponent. */
  readonly powered: number;
}

/** Options of {@link BoxSsim}. */
export interface BoxSsimOptions {
  /** Slices that a window spans: 7, or 1 for images. */
  readonly depth: 1 | 7;
  readonly dataRange: number;
  readonly exponent?: number;
  /** Where windows may be centred. Default: the whole plane. Both images may hold anything beyond 3 voxels around it. */
  readonly region?: Region;
}

/** A slice of both images, nx · ny each, x fastest. */
export interface Planes {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** Sums of x, y, x² + y² and xy. */
type Moments = readonly [Float64Array, Float64Array, Float64Array, Float64Array];

const moments = (n: number): Moments => [
  new Float64Array(n),
  new Float64Array(n),
  new Float64Array(n),
  new Float64Array(n),
];

/**
 * SSIM (Wang et al., IEEE TIP 13, 2004) over uniform windows of 7×7×`depth` voxels that lie wholly inside the image, with
 * K1 = 0.01, K2 = 0.03 and sample covariance (n / (n - 1)), as scikit-image's `structural_similarity` by default:
 * scikit-image filters with a reflecting boundary and then crops 3 voxels a side, so that only these windows remain.
 *
 * Fed slice by slice along z. Sums run: a slice enters the sums of 7 slices and an older one leaves, then rows, then
 * columns, so that the work for a voxel does not grow with the window. In doubles such a sum is wrong by some 1e-12 of itself,
 * far below the constants C1 and C2 of SSIM, so no compensation is needed; for whole HU it is exact.
 */
export class BoxSsim {
  readonly #nx: number;
  readonly #ny: number;
  readonly #options: BoxSsimOptions;
  readonly #region: Region;
  readonly #ring: Planes[] = [];
  readonly #slab: Moments;
  readonly #column: Moments;
  readonly #out = new Float64Array(3);
  #slices = 0;

  constructor(nx: number, ny: number, options: BoxSsimOptions) {
    this.#nx = nx;
    this.#ny = ny;
    this.#options = options;
    this.#region = grown(options.region ?? { x0: 0, x1: nx, y0: 0, y1: ny }, MARGIN, nx, ny);
    // One slice more than a window, so that the slice that leaves is still there when the next one enters.
    const slots = options.depth === 1 ? 1 : WINDOW + 1;
    for (let n = 0; n < slots; n++)
      this.#ring.push({ x: new Float64Array(nx * ny), y: new Float64Array(nx * ny) });
    this.#slab = moments(nx * ny);
    this.#column = moments(nx);
  }

  /** Where the next slice belongs: fill its rows of {@link rows}, then `push`. */
  get slot(): Planes {
    return this.#ring[this.#slices % this.#ring.length]!;
  }

  /** The rows that are read. */
  get rows(): Pick<Region, "y0" | "y1"> {
    return this.#region;
  }

  /** The slice whose windows the next `push` completes; its inclusion is what `push` wants. Negative at the start. */
  get centre(): number {
    return this.#slices - (this.#options.depth - 1) / 2;
  }

  /**
   * @param include where slice {@link centre} counts: 0 or 1 for each of nx · ny from `offset` on, or undefined for all
   */
  push(include?: Uint8Array, offset = 0): void {
    const { depth } = this.#options;
    const { x, y } = this.slot;
    const index = this.#slices++;
    if (depth === 1) for (const sums of this.#slab) sums.fill(0);
    const old = depth > 1 && index >= WINDOW ? this.#ring[(index + 1) % this.#ring.length] : undefined;
    enter(this.#slab, x, y, old, this.#nx, this.#region);
    if (index >= depth - 1) this.#measure(include, offset);
  }

  result(): SsimMean {
    const [sum, windows, powered] = this.#out as unknown as [number, number, number];
    const mean = sum / windows; // NaN where there is no window
    return { mean, windows, powered: this.#options.exponent === undefined ? mean : powered / windows };
  }

  /** {@link result}, and then starts over: for images that are measured one by one. */
  take(): SsimMean {
    const result = this.result();
    this.#out.fill(0);
    return result;
  }

  #measure(include: Uint8Array | undefined, offset: number): void {
    const nx = this.#nx;
    const { x0, x1, y0, y1 } = this.#region;
    if (include && include.subarray(offset, offset + nx * this.#ny).indexOf(1) < 0) return;
    const { depth, dataRange, exponent = Number.NaN } = this.#options;
    const n = WINDOW * WINDOW * depth;
    for (const sums of this.#column) sums.fill(0);
    for (let j = y0; j < y1; j++) {
      slide(this.#column, this.#slab, j * nx, j - WINDOW >= y0 ? (j - WINDOW) * nx : -1, x0, x1);
      if (j - y0 < WINDOW - 1) continue;
      const row = offset + (j - MARGIN) * nx;
      let from = x0 + MARGIN;
      let to = x1 - MARGIN;
      if (include) {
        while (from < to && !include[row + from]) from++;
        while (from < to && !include[row + to - 1]) to--;
      }
      if (from < to) ssimRow(this.#column, from, to, include, row, n, dataRange, exponent, this.#out);
    }
  }
}

/** Adds a slice to the sums over slices and takes the `old` one away. */
function enter(
  [sx, sy, sq, sp]: Moments,
  x: Float64Array,
  y: Float64Array,
  old: Planes | undefined,
  nx: number,
  { x0, x1, y0, y1 }: Region,
): void {
  if (!old) {
    for (let j = y0; j < y1; j++)
      for (let i = j * nx + x0; i < j * nx + x1; i++) {
        const a = x[i]!;
        const b = y[i]!;
        sx[i]! += a;
        sy[i]! += b;
        sq[i]! += a * a + b * b;
        sp[i]! += a * b;
      }
    return;
  }
  const { x: oldX, y: oldY } = old;
  for (let j = y0; j < y1; j++)
    for (let i = j * nx + x0; i < j * nx + x1; i++) {
      const a = x[i]!;
      const b = y[i]!;
      const c = oldX[i]!;
      const d = oldY[i]!;
      sx[i]! += a - c;
      sy[i]! += b - d;
      sq[i]! += a * a + b * b - (c * c + d * d);
      sp[i]! += a * b - c * d;
    }
}

/** Adds the row at `enters` to the sums of each column and takes the one at `leaves` away (-1: none). */
function slide(column: Moments, slab: Moments, enters: number, leaves: number, x0: number, x1: number): void {
  for (let m = 0; m < 4; m++) {
    const c = column[m as 0]!;
    const s = slab[m as 0]!;
    if (leaves < 0) for (let i = x0; i < x1; i++) c[i]! += s[enters + i]!;
    else for (let i = x0; i < x1; i++) c[i]! += s[enters + i]! - s[leaves + i]!;
  }
}

/** Adds the windows centred at columns from ≤ i < to of one row to `out`: sum, count, sum of powers. */
function ssimRow(
  [cx, cy, cq, cp]: Moments,
  from: number,
  to: number,
  include: Uint8Array | undefined,
  row: number,
  n: number,
  dataRange: number,
  exponent: number,
  out: Float64Array,
): void {
  // Means, variances and constants times n², so that nothing is divided but once.
  const c1 = (0.01 * dataRange * n) ** 2;
  const c2 = (0.03 * dataRange * n) ** 2;
  const norm = n / (n - 1);
  const powers = !Number.isNaN(exponent);
  let a = 0;
  let b = 0;
  let q = 0;
  let p = 0;
  for (let i = from - MARGIN; i < from + MARGIN; i++) {
    a += cx[i]!;
    b += cy[i]!;
    q += cq[i]!;
    p += cp[i]!;
  }
  let sum = 0;
  let count = 0;
  let powered = 0;
  for (let i = from; i < to; i++) {
    a += cx[i + MARGIN]!;
    b += cy[i + MARGIN]!;
    q += cq[i + MARGIN]!;
    p += cp[i + MARGIN]!;
    if (!include || include[row + i]) {
      const ab = a * b;
      const squares = a * a + b * b;
      const ssim =
        ((2 * ab + c1) * (2 * norm * (n * p - ab) + c2)) / ((squares + c1) * (norm * (n * q - squares) + c2));
      sum += ssim;
      count++;
      if (powers && ssim > 0) powered += Math.exp(exponent * Math.log(ssim));
    }
    a -= cx[i - MARGIN]!;
    b -= cy[i - MARGIN]!;
    q -= cq[i - MARGIN]!;
    p -= cp[i - MARGIN]!;
  }
  out[0]! += sum;
  out[1]! += count;
  out[2]! += powered;
}
