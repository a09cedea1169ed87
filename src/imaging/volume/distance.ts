import type { Triple } from "./affine.ts";

/** Squared mm that stands for "nowhere": larger than any head, small enough to add in float32. */
const FAR = 1e12;

/**
 * Exact Euclidean distance in mm from each voxel to the centre of the nearest voxel where `mask` is `target`; 0 there. What lies
 * beyond the volume's border is neither. Felzenszwalb and Huttenlocher, "Distance transforms of sampled functions", Theory of
 * Computing 8, 2012: lower envelopes of parabolas, axis by axis.
 *
 * @param mask 0 or 1, x fastest
 * @param spacing mm along i, j, k
 * @returns mm; 1e6 everywhere when no voxel is `target`
 */
export function distanceTo(mask: Uint8Array, target: 0 | 1, shape: Triple, spacing: Triple): Float32Array {
  const squared = new Float32Array(mask.length);
  for (let i = 0; i < squared.length; i++) squared[i] = (mask[i] ? 1 : 0) === target ? 0 : FAR;
  const strides = [1, shape[0], shape[0] * shape[1]];
  for (let axis = 0; axis < 3; axis++) {
    if (shape[axis] === 1) continue;
    envelopes(squared, shape[axis]!, strides[axis]!, spacing[axis]!);
  }
  for (let i = 0; i < squared.length; i++) squared[i] = Math.sqrt(squared[i]!);
  return squared;
}

/** Along each line of `n` values `stride` apart: min over q of f(q) + (h · (p - q))². */
function envelopes(f: Float32Array, n: number, stride: number, h: number): void {
  const line = new Float64Array(n);
  const vertex = new Int32Array(n);
  const from = new Float64Array(n + 1); // where the parabola of `vertex` begins to be the lowest
  const blocks = f.length / (n * stride);
  const h2 = h * h;
  for (let block = 0; block < blocks; block++)
    for (let lane = 0; lane < stride; lane++) {
      const start = block * n * stride + lane;
      let any = false;
      for (let p = 0; p < n; p++) {
        line[p] = f[start + p * stride]!;
        if (line[p]! < FAR) any = true;
      }
      if (!any) continue;
      let k = -1;
      for (let q = 0; q < n; q++) {
        if (line[q]! >= FAR) continue;
        let meet = Number.NEGATIVE_INFINITY;
        while (k >= 0) {
          const v = vertex[k]!;
          meet = (line[q]! - line[v]! + h2 * (q * q - v * v)) / (2 * h2 * (q - v));
          if (meet > from[k]!) break;
          k--;
        }
        if (k < 0) meet = Number.NEGATIVE_INFINITY;
        vertex[++k] = q;
        from[k] = meet;
      }
      from[k + 1] = Number.POSITIVE_INFINITY;
      let at = 0;
      for (let p = 0; p < n; p++) {
        while (from[at + 1]! < p) at++;
        const v = vertex[at]!;
        f[start + p * stride] = line[v]! + h2 * (p - v) * (p - v);
      }
    }
}
