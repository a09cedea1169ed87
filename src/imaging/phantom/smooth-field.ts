import type { Random } from "../../base/random/index.ts";
import { mapTriple, type Triple } from "../volume/index.ts";

/** Root of the mean over phase of a cubic B-spline's squared weights: a field's SD per axis when its knots have SD 1. */
const SPLINE_SD = Math.sqrt(151 / 315);

/**
 * A smooth random field on a grid: zero mean, unit variance in expectation, correlated over about `scale` mm. A uniform
 * cubic B-spline over independent normal knots `scale` mm apart.
 *
 * @returns shape[0]·shape[1]·shape[2] values, x fastest
 */
export function smoothField(random: Random, shape: Triple, spacing: Triple, scale: number): Float32Array {
  const knots = mapTriple(shape, (n, d) => Math.ceil((n * spacing[d]!) / scale) + 4);
  let data: Float32Array = new Float32Array(knots[0] * knots[1] * knots[2]);
  const amplitude = 1 / SPLINE_SD ** 3;
  for (let i = 0; i < data.length; i++) data[i] = random.normal(0, amplitude);
  // z, then y, then x: the large passes come last and run along memory.
  let size = knots;
  for (const axis of [2, 1, 0] as const) {
    data = expand(data, size, axis, shape[axis], spacing[axis] / scale);
    size = mapTriple(size, (n, d) => (d === axis ? shape[axis] : n));
  }
  return data;
}

/** Evaluates the spline along one axis at `count` points `step` knots apart. */
function expand(
  data: Float32Array,
  size: Triple,
  axis: 0 | 1 | 2,
  count: number,
  step: number,
): Float32Array {
  const inner = axis === 0 ? 1 : axis === 1 ? size[0] : size[0] * size[1];
  const n = size[axis];
  const outer = data.length / (inner * n);
  const out = new Float32Array(inner * count * outer);
  for (let i = 0; i < count; i++) {
    const place = (i + 0.5) * step;
    const k = Math.min(n - 4, Math.floor(place));
    const t = place - k;
    const s = 1 - t;
    const w0 = (s * s * s) / 6;
    const w1 = (3 * t * t * t - 6 * t * t + 4) / 6;
    const w2 = (3 * s * s * s - 6 * s * s + 4) / 6;
    const w3 = (t * t * t) / 6;
    for (let o = 0; o < outer; o++) {
      const from = (o * n + k) * inner;
      const to = (o * count + i) * inner;
      for (let p = 0; p < inner; p++)
        out[to + p] =
          w0 * data[from + p]! +
          w1 * data[from + inner + p]! +
          w2 * data[from + 2 * inner + p]! +
          w3 * data[from + 3 * inner + p]!;
    }
  }
  return out;
}
