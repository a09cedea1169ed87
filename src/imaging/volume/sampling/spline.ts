import { throwIfAborted } from "../../../base/errors/index.ts";
import type { Triple } from "../affine.ts";
import { eachSheet } from "./sheets.ts";

/** The pole of the cubic B-spline's inverse filter. */
const POLE = -0.2679491924311228;
const GAIN = 6; // (1 - pole) · (1 - 1 / pole)
/** Terms after which the pole's powers are below double precision. */
const HORIZON = 30;

/**
 * Turns values into the coefficients of the cubic B-spline that passes through them, in place: the recursive filter of Unser, Aldroubi and Eden,
 * "B-spline signal processing", IEEE TSP 1993. Beyond the border the image is mirrored at the centre of its outermost voxels, as in
 * ITK's `BSplineInterpolateImageFunction` and SciPy's `spline_filter(mode="mirror")`.
 */
export function splineCoefficients(data: Float32Array, shape: Triple, signal?: AbortSignal): void {
  const [nx] = shape;
  if (nx > 1) {
    const line = new Float64Array(nx);
    for (let start = 0; start < data.length; start += nx) {
      if (start % (64 * nx) === 0) throwIfAborted(signal);
      const row = data.subarray(start, start + nx);
      line.set(row);
      filterLine(line);
      row.set(line);
    }
  }
  for (const axis of [1, 2] as const) if (shape[axis] > 1) eachSheet(data, shape, axis, filterSheet, signal);
}

/** How much each value counts in the first of the forward pass, where the mirrored image has gone on for ever. */
function startWeights(n: number): Float64Array {
  const period = 2 * n - 2;
  const terms = Math.min(n, HORIZON);
  const weights = new Float64Array(terms);
  for (let k = 0; k < terms; k++) {
    const mirrored = k > 0 && k < n - 1 ? POLE ** (period - k) : 0;
    weights[k] = (GAIN * (POLE ** k + mirrored)) / (1 - POLE ** period);
  }
  return weights;
}

function filterLine(line: Float64Array): void {
  const n = line.length;
  const weights = startWeights(n);
  let c = 0;
  for (let k = 0; k < weights.length; k++) c += weights[k]! * line[k]!;
  line[0] = c;
  for (let i = 1; i < n; i++) {
    c = GAIN * line[i]! + POLE * c;
    line[i] = c;
  }
  c = (POLE / (POLE * POLE - 1)) * (line[n - 1]! + POLE * line[n - 2]!);
  line[n - 1] = c;
  for (let i = n - 2; i >= 0; i--) {
    c = POLE * (c - line[i]!);
    line[i] = c;
  }
}

function filterSheet(sheet: Float64Array, n: number, width: number): Float64Array {
  const weights = startWeights(n);
  for (let x = 0; x < width; x++) {
    let c = 0;
    for (let k = 0; k < weights.length; k++) c += weights[k]! * sheet[k * width + x]!;
    sheet[x] = c;
  }
  for (let i = 1; i < n; i++) {
    const at = i * width;
    for (let x = 0; x < width; x++) sheet[at + x] = GAIN * sheet[at + x]! + POLE * sheet[at - width + x]!;
  }
  const end = (n - 1) * width;
  const last = POLE / (POLE * POLE - 1);
  for (let x = 0; x < width; x++) sheet[end + x] = last * (sheet[end + x]! + POLE * sheet[end - width + x]!);
  for (let i = n - 2; i >= 0; i--) {
    const at = i * width;
    for (let x = 0; x < width; x++) sheet[at + x] = POLE * (sheet[at + width + x]! - sheet[at + x]!);
  }
  return sheet;
}

/** The four weights of a cubic B-spline at a place `t` (0 to 1) between the second and the third of four coefficients. */
export function splineWeights(t: number, out: Float64Array, at: number): void {
  const s = 1 - t;
  out[at] = (s * s * s) / 6;
  out[at + 1] = (4 - 6 * t * t + 3 * t * t * t) / 6;
  out[at + 2] = (4 - 6 * s * s + 3 * s * s * s) / 6;
  out[at + 3] = (t * t * t) / 6;
}

/** An index beyond 0 to n - 1 mirrored at the outermost centres. */
export function mirrored(i: number, n: number): number {
  if (n === 1) return 0;
  const period = 2 * n - 2;
  const m = ((i % period) + period) % period;
  return m < n ? m : period - m;
}
