import type { Triple } from "./affine.ts";

/** mm that stand for "nowhere": more than in any head, and a number that can be halved. */
const FAR = 1e6;

/**
 * Distances are whole numbers of so many mm, 0.06 µm: one scan's voxels are of 1 mm in one format and of 1.0000004 mm in another, and what is 4 mm
 * away must not be within 4 mm in the one and beyond in the other.
 */
const QUANTUM = 0.000_061_035_156_25;

/**
 * Exact Euclidean distance in mm from each voxel to the centre of the nearest voxel where `mask` is `target`; 0 there. What lies
 * beyond the volume's border is neither.
 *
 * @param mask 0 or 1, x fastest
 * @param spacing mm along i, j, k
 * @returns mm, to 2^-14 mm; 1e6 everywhere when no voxel is `target`
 */
export function distanceTo(mask: Uint8Array, target: 0 | 1, shape: Triple, spacing: Triple): Float32Array {
  const out = new Float32Array(mask.length);
  for (let i = 0; i < out.length; i++) out[i] = (mask[i] ? 1 : 0) === target ? 0 : Number.POSITIVE_INFINITY;
  transform(out, shape, spacing);
  for (let i = 0; i < out.length; i++)
    out[i] = Math.min(FAR, QUANTUM * Math.round(Math.sqrt(out[i]!) / QUANTUM));
  return out;
}

/**
 * Squared Euclidean distance in mm² from each voxel to the nearest voxel that is not 0, in double precision.
 *
 * @param seeds not 0 where the distance is 0; x fastest
 * @returns Infinity everywhere when there is no seed
 */
export function squaredDistances(seeds: Uint8Array, shape: Triple, spacing: Triple): Float64Array {
  const out = new Float64Array(seeds).map((seed) => (seed ? 0 : Number.POSITIVE_INFINITY));
  transform(out, shape, spacing);
  return out;
}

/**
 * f(p) becomes the least of f(q) + |p - q|² over all q, in place (Felzenszwalb and Huttenlocher, "Distance transforms of sampled
 * functions", Theory of Computing 8, 2012: lower envelopes of parabolas, axis by axis).
 */
function transform(f: Float32Array | Float64Array, shape: Triple, spacing: Triple): void {
  const longest = Math.max(...shape);
  const line = new Float64Array(longest);
  const envelope = { at: new Int32Array(longest), from: new Float64Array(longest) };
  let stride = 1;
  for (const [axis, n] of shape.entries()) {
    const block = n * stride;
    if (n > 1)
      for (let first = 0; first < f.length; first += block)
        for (let start = first; start < first + stride; start++) {
          for (let i = 0; i < n; i++) line[i] = f[start + i * stride]!;
          transformLine(line, n, spacing[axis]! ** 2, envelope, f, start, stride);
        }
    stride = block;
  }
}

/** min over q of line[q] + s² (i - q)², for each i. */
function transformLine(
  line: Float64Array,
  n: number,
  s2: number,
  { at, from }: { readonly at: Int32Array; readonly from: Float64Array },
  out: Float32Array | Float64Array,
  start: number,
  stride: number,
): void {
  let last = -1;
  for (let q = 0; q < n; q++) {
    if (line[q] === Number.POSITIVE_INFINITY) continue;
    let meets = Number.NEGATIVE_INFINITY;
    while (last >= 0) {
      const p = at[last]!;
      // Where the parabolas over p and q cross.
      meets = ((line[q]! - line[p]!) / s2 + q * q - p * p) / (2 * (q - p));
      if (meets > from[last]!) break;
      last--;
    }
    if (last < 0) meets = Number.NEGATIVE_INFINITY;
    last++;
    at[last] = q;
    from[last] = meets;
  }
  if (last < 0) return;
  let k = 0;
  for (let i = 0; i < n; i++) {
    while (k < last && from[k + 1]! < i) k++;
    const p = at[k]!;
    out[start + i * stride] = line[p]! + s2 * (i - p) * (i - p);
  }
}
