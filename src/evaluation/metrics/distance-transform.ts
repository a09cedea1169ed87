/**
 * Squared Euclidean distance in mm² from each voxel to the nearest voxel that is not 0, exactly, with voxels of any spacing
 * (Felzenszwalb and Huttenlocher, Theory of Computing 8, 2012: the lower envelope of parabolas, axis by axis).
 *
 * @param seeds not 0 where the distance is 0; x fastest
 * @returns Infinity everywhere when there is no seed
 */
export function squaredDistances(
  seeds: Uint8Array,
  shape: readonly number[],
  spacing: readonly number[],
): Float64Array {
  const out = Float64Array.from(seeds, (seed) => (seed ? 0 : Number.POSITIVE_INFINITY));
  const longest = Math.max(...shape);
  const line = new Float64Array(longest);
  const envelope = { at: new Int32Array(longest), from: new Float64Array(longest + 1) };
  const stride = [1, shape[0]!, shape[0]! * shape[1]!];
  for (let axis = 0; axis < 3; axis++) {
    const n = shape[axis]!;
    const [u, v] = [0, 1, 2].filter((other) => other !== axis) as [number, number];
    for (let b = 0; b < shape[v]!; b++)
      for (let a = 0; a < shape[u]!; a++) {
        const start = a * stride[u]! + b * stride[v]!;
        for (let i = 0; i < n; i++) line[i] = out[start + i * stride[axis]!]!;
        transformLine(line, n, spacing[axis]! ** 2, envelope, out, start, stride[axis]!);
      }
  }
  return out;
}

/** min over q of line[q] + s² (i - q)², for each i. */
function transformLine(
  line: Float64Array,
  n: number,
  s2: number,
  { at, from }: { readonly at: Int32Array; readonly from: Float64Array },
  out: Float64Array,
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
