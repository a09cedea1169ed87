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

/** Weights from the centre outwards; all of them, both sides, add up to 1. */
function gaussianKernel(sigma: number): Float64Array {
  const radius = Math.max(1, Math.floor(TRUNCATE * sigma + 0.5)); // the narrowest keep a neighbour of weight next to 0
  const half = Float64Array.from({ length: radius + 1 }, (_, d) => Math.exp(-((d / sigma) ** 2) / 2));
  const sum = half.reduce((total, w, d) => total + (d === 0 ? w : 2 * w), 0);
  return half.map((w) => w / sum);
}

/** Along x: each row by itself. */
function smoothRows(data: Float32Array, nx: number, half: Float64Array, signal?: AbortSignal): void {
  const radius = half.length - 1;
  const line = new Float64Array(nx + 2 * radius); // with its ends repeated
  const sum = new Float64Array(nx);
  for (let start = 0; start < data.length; start += nx) {
    if (start % (64 * nx) === 0) throwIfAborted(signal);
    const row = data.subarray(start, start + nx);
    line.fill(row[0]!, 0, radius);
    line.set(row, radius);
    line.fill(row[nx - 1]!, radius + nx);
    weighThree(sum, 0, line, radius, radius - 1, radius + 1, half, nx);
    for (let d = 2; d <= radius; d++) addPair(sum, 0, line, radius - d, radius + d, half[d]!, nx);
    row.set(sum);
  }
}

/** Along y or z: row by row of a sheet. */
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
      for (let i = 0; i < n; i++) {
        const at = i * width;
        const row = (j: number) => Math.min(n - 1, Math.max(0, j)) * width;
        weighThree(out, at, sheet, at, row(i - 1), row(i + 1), half, width);
        for (let d = 2; d < half.length; d++)
          addPair(out, at, sheet, row(i - d), row(i + d), half[d]!, width);
      }
      return out;
    },
    signal,
  );
}

function weighThree(
  out: Float64Array,
  at: number,
  line: Float64Array,
  centre: number,
  a: number,
  b: number,
  half: Float64Array,
  n: number,
): void {
  const w = half[0]!;
  const v = half[1]!;
  for (let i = 0; i < n; i++) out[at + i] = w * line[centre + i]! + v * (line[a + i]! + line[b + i]!);
}

function addPair(
  out: Float64Array,
  at: number,
  line: Float64Array,
  a: number,
  b: number,
  w: number,
  n: number,
): void {
  for (let i = 0; i < n; i++) out[at + i]! += w * (line[a + i]! + line[b + i]!);
}
