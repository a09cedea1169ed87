import type { VolumeData } from "../volume.ts";

/** An array of the same bytes as a {@link VolumeData}'s. */
export type Bits = Uint8Array | Uint16Array | Uint32Array | Float64Array;

/**
 * The same memory by element size alone. What moves values without computing on them needs four kinds of array instead of eight, which
 * engines run several times as fast.
 */
export function bitsOf(data: VolumeData): Bits {
  const { buffer, byteOffset, length } = data;
  if (data.BYTES_PER_ELEMENT === 1) return new Uint8Array(buffer, byteOffset, length);
  if (data.BYTES_PER_ELEMENT === 2) return new Uint16Array(buffer, byteOffset, length);
  if (data.BYTES_PER_ELEMENT === 4) return new Uint32Array(buffer, byteOffset, length);
  return data as Float64Array;
}

/** An array of the type of `data` with `n` zeros. */
export function emptyLike(data: VolumeData, n: number): VolumeData {
  return new (data.constructor as new (n: number) => VolumeData)(n);
}
