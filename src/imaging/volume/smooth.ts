import { throwIfAborted } from "../../base/errors/index.ts";
import type { Triple } from "./affine.ts";
import { eachSheet } from "./sampling/sheets.ts";

/** Where the kernel is cut off, in σ: SciPy's default. */
const TRUNCATE = 4;

/**
 * Gaussian smoothing, axis by axis, with the border repeated: SciPy's `gaussian_filter(mode="nearest")`.
 *
 * @param values x-fastest
 * @param sigma in voxels along i, j, k; 0 leaves an axis as it is
 * @returns a new array, or `values` itself when no axis is smoothed
 */
export function gaussianSmooth(
  values: Float32Array,
  shape: Triple,
  sigma: Triple,
  signal?: AbortSignal,
): Float32Array {
  if (!smooths(shape, sigma)) return values;
  const out = values.slice();
  smoothInPlace(out, shape, sigma, signal);
  return out;
}

/** Whether any axis is changed. */
export function smooths(shape: Triple, sigma: Triple): boolean {
  return sigma.some((s, d) => s > 0 && shape[d]! > 1);
}

/** {@link gaussianSmooth} that keeps no second volume. */
export function smoothInPlace(data: Float32Array, shape: Triple, sigma: Triple, signal?: AbortSignal): void {
  for (let axis = 0; axis < 3; axis++) {
    if (!(sigma[axis]! > 0) || shape[axis] === 1) continue;
    const kernel = gaussianKernel(sigma[axis]!);
    if (axis === 0) smoothRows(data, shape[0], kernel, signal);
    else smoothAcross(data, shape, axis as 1 | 2, kernel, signal);
  }
}

/** Pairs of neighbours in a pass over a line: as many as leave all that is at hand in registers. */
const PAIRS = 3;

/** Weights from the centre outwards; all of them, both sides, add up to 1. Zeros fill the last pass. */
function gaussianKernel(sigma: number): Float64Array {
  const radius = Math.max(1, Math.floor(TRUNCATE * sigma + 0.5)); // the narrowest keep a neighbour of weight next to 0
  const half = Float64Array.from({ length: radius + 1 }, (_, d) => Math.exp(-((d / sigma) ** 2) / 2));
  const sum = half.reduce((total, w, d) => total + (d === 0 ? w : 2 * w), 0);
  const kernel = new Float64Array(1 + PAIRS * Math.ceil(radius / PAIRS));
  kernel.set(half.map((w) => w / sum));
  return kernel;
}

/** Along x: each row by itself. */
function smoothRows(data: Float32Array, nx: number, half: Float64Array, signal?: AbortSignal): void {
  const line = new Float64Array(nx);
  const sum = new Float64Array(nx);
  for (let start = 0; start < data.length; start += nx) {
    if (start % (64 * nx) === 0) throwIfAborted(signal);
    const row = data.subarray(start, start + nx);
    line.set(row);
    smoothLine(line, sum, 0, nx, 1, half);
    row.set(sum);
  }
}

/** Along y or z: column by column of a sheet. */
function smoothAcross(
  data: Float32Array,
  shape: Triple,
  axis: 1 | 2,
  half: Float64Array,
  signal?: AbortSignal,
): void {
  const out = new Float64Array(shape[0] * shape[axis]!);
  eachSheet(
    data,
    shape,
    axis,
    (sheet, n, width) => {
      for (let i = 0; i < width; i++) smoothLine(sheet, out, i, n, width, half);
      return out;
    },
    signal,
  );
}

/** Smooths `n` values, the first at `at` and each `step` after the one before, to the same places of `out`. Its ends are repeated. */
function smoothLine(
  line: Float64Array,
  out: Float64Array,
  at: number,
  n: number,
  step: number,
  half: Float64Array,
): void {
  weighNearest(line, out, at, n, step, half[0]!, half[1]!, half[2]!, half[3]!);
  for (let d = 1 + PAIRS; d < half.length; d += PAIRS)
    addFurther(line, out, at, n, step, d, half[d]!, half[d + 1]!, half[d + 2]!);
}

/** The centre and three neighbours on each side: one value is read for each that is written, the others were at hand. */
function weighNearest(
  line: Float64Array,
  out: Float64Array,
  at: number,
  n: number,
  step: number,
  centre: number,
  first: number,
  second: number,
  third: number,
): void {
  const end = at + (n - 1) * step;
  let a = line[at]!;
  let [b, c, d] = [a, a, a];
  let e = line[Math.min(end, at + step)]!;
  let f = line[Math.min(end, at + 2 * step)]!;
  let g = line[Math.min(end, at + 3 * step)]!;
  for (let v = at, next = at + 4 * step; v <= end; v += step, next += step) {
    out[v] = centre * d + first * (c + e) + second * (b + f) + third * (a + g);
    a = b;
    b = c;
    c = d;
    d = e;
    e = f;
    f = g;
    g = line[Math.min(next, end)]!;
  }
}

/** Three more neighbours on each side, from the `distance`-th on. */
function addFurther(
  line: Float64Array,
  out: Float64Array,
  at: number,
  n: number,
  step: number,
  distance: number,
  first: number,
  second: number,
  third: number,
): void {
  const end = at + (n - 1) * step;
  let before = at - (distance - 1) * step;
  let after = at + distance * step;
  let a = line[at]!;
  let [b, c] = [a, a];
  let d = line[Math.min(end, after)]!;
  let e = line[Math.min(end, after + step)]!;
  let f = line[Math.min(end, after + 2 * step)]!;
  after += 3 * step;
  for (let v = at; v <= end; v += step, before += step, after += step) {
    out[v] = out[v]! + first * (c + d) + second * (b + e) + third * (a + f);
    a = b;
    b = c;
    c = line[Math.max(before, at)]!;
    d = e;
    e = f;
    f = line[Math.min(after, end)]!;
  }
}
