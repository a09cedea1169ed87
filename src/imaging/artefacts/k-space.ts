import type { Triple } from "../volume/index.ts";
import { emptySpectrum, RowFourier, type Spectrum } from "./fourier.ts";

/** What a scanner makes of a still or moving head: lines of k-space by their place, the lowest frequency first, 0 at ⌊n / 2⌋. */
export interface Acquisition {
  /** Along which lines are taken: 0 x, 1 y, 2 z. */
  readonly axis: number;
  /** For each image, what share of each line is taken of it. */
  readonly shares: readonly Float64Array[];
  /** Value of no signal. */
  readonly outside: number;
}

/**
 * An image whose lines of k-space were taken of several ones: of a head that moved between them, or of one alone but unevenly. Only the axis of phase
 * encoding is transformed, since the others would go forth and back unchanged. Magnitudes, as scanners give.
 *
 * @param images of one size, x-fastest
 */
export function acquired(
  images: readonly Float32Array[],
  shape: Triple,
  { axis, shares, outside }: Acquisition,
): Float32Array {
  const n = shape[axis]!;
  const sheets = sheetsOf(shape, axis);
  const { width } = sheets;
  const half = (width + 1) >> 1;
  const forth = new RowFourier(n, half);
  const back = new RowFourier(n, width);
  let pairs = emptySpectrum(n * half);
  let sum = emptySpectrum(n * width);
  const out = new Float32Array(images[0]!.length);
  for (let sheet = 0; sheet < sheets.count; sheet++) {
    sum.re.fill(0);
    sum.im.fill(0);
    for (const [m, image] of images.entries()) {
      readSheet(image, sheets, sheet, { n, half, outside }, pairs);
      pairs = forth.transform(pairs);
      addShares(pairs, shares[m]!, sum, { n, half, width });
    }
    sum = back.transform(sum, true);
    writeSheet(sum, out, sheets, sheet, n, outside);
  }
  return out;
}

/** Sheets of rows that follow one another along an axis, and the steps in x-fastest data. */
interface Sheets {
  readonly count: number;
  readonly width: number;
  readonly sheet: number;
  readonly row: number;
  readonly column: number;
}

function sheetsOf([nx, ny, nz]: Triple, axis: number): Sheets {
  if (axis === 0) return { count: nz, width: ny, sheet: nx * ny, row: 1, column: nx };
  if (axis === 1) return { count: nz, width: nx, sheet: nx * ny, row: nx, column: 1 };
  return { count: ny, width: nx, sheet: nx, row: nx * ny, column: 1 };
}

/** The columns of a sheet in pairs, since they are real: one of its left half with one of its right half as the imaginary part. */
function readSheet(
  image: Float32Array,
  { width, sheet, row, column }: Sheets,
  index: number,
  { n, half, outside }: { readonly n: number; readonly half: number; readonly outside: number },
  { re, im }: Spectrum,
): void {
  for (let r = 0; r < n; r++) {
    const from = index * sheet + r * row;
    for (let c = 0; c < half; c++) re[r * half + c] = image[from + c * column]! - outside;
    for (let c = half; c < width; c++) im[r * half + c - half] = image[from + c * column]! - outside;
    if (width % 2 === 1) im[r * half + half - 1] = 0;
  }
}

/** Adds an image's share of each line. Spectra of two real columns that were transformed as one are their even and odd parts. */
function addShares(
  pairs: Spectrum,
  shares: Float64Array,
  sum: Spectrum,
  { n, half, width }: { readonly n: number; readonly half: number; readonly width: number },
): void {
  const middle = n >> 1;
  for (let k = 0; k < n; k++) {
    const share = shares[(k + middle) % n]! / 2;
    if (share === 0) continue;
    const a = k * half;
    const b = ((n - k) % n) * half;
    for (let c = 0; c < half; c++) {
      const [u, v, w, z] = [pairs.re[a + c]!, pairs.im[a + c]!, pairs.re[b + c]!, pairs.im[b + c]!];
      const to = k * width + c;
      sum.re[to]! += share * (u + w);
      sum.im[to]! += share * (v - z);
      if (c + half >= width) continue;
      sum.re[to + half]! += share * (v + z);
      sum.im[to + half]! += share * (w - u);
    }
  }
}

function writeSheet(
  { re, im }: Spectrum,
  out: Float32Array,
  { width, sheet, row, column }: Sheets,
  index: number,
  n: number,
  outside: number,
): void {
  for (let r = 0; r < n; r++) {
    const to = index * sheet + r * row;
    for (let c = 0; c < width; c++) {
      const [x, y] = [re[r * width + c]!, im[r * width + c]!];
      out[to + c * column] = outside + Math.sqrt(x * x + y * y);
    }
  }
}

/**
 * Every `every`-th line weaker by `loss`, as blood or breath that pulsates between excitations makes them; a share `centre` of all lines, about the
 * middle one, stays whole.
 */
export function ghostShares(n: number, every: number, loss: number, centre: number): Float64Array {
  const shares = Float64Array.from({ length: n }, (_, line) => (line % every === 0 ? 1 - loss : 1));
  const kept = Math.floor(Math.round(centre * n) / 2);
  const middle = n >> 1;
  shares.fill(1, middle - kept, Math.max(middle + kept, middle + 1));
  return shares;
}

/**
 * Lines of a head that moved at `times` (0 to 1, in order): of which image each is taken. The first image, the head at rest, has the middle of k-space,
 * or the image would move as a whole.
 *
 * @returns for the head at rest and for each place that it moved to
 */
export function motionShares(n: number, times: readonly number[]): Float64Array[] {
  const parts = times.length + 1;
  const after = times.findIndex((time) => time > 0.5);
  const rest = after < 0 ? parts - 1 : after;
  const order = Array.from({ length: parts }, (_, part) => part);
  order[0] = rest;
  order[rest] = 0;
  const ends = [...times.map((time) => Math.floor(n * time)), n];
  return order.map((part) =>
    Float64Array.from({ length: n }, (_, line) => {
      const from = part === 0 ? 0 : ends[part - 1]!;
      return line >= from && line < ends[part]! ? 1 : 0;
    }),
  );
}
