/**
 * Numbers as IEEE 754 half precision: 11 significant bits, up to 65504. Rounded to the nearest, ties to even; what is too large becomes
 * infinity, as in NumPy.
 */
export function toHalf(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const { base, shift } = byExponent();
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    const sized = word >>> 23; // sign and exponent
    halves[i] = base[sized]! + rounded((word & 0x7fffff) | 0x800000, shift[sized]!);
    if ((word & 0x7fffffff) > 0x7f800000) halves[i] = 0x7e00; // NaN
  }
  return halves;
}

/**
 * For a float's sign and exponent the half that its fraction is added to, and by how many bits that is shortened. By tables, not by asking what size a number has:
 * noise around 0 would answer at random, which takes longer than the rest.
 */
function byExponent(): { readonly base: Uint16Array; readonly shift: Uint8Array } {
  const [base, shift] = [new Uint16Array(512), new Uint8Array(512)];
  for (let sized = 0; sized < 512; sized++) {
    const sign = sized < 256 ? 0 : 0x8000;
    const exponent = (sized & 0xff) - 112; // of the half
    const isNormal = exponent > 0 && exponent < 31;
    base[sized] = sign | (exponent >= 31 ? 0x7c00 : isNormal ? (exponent - 1) << 10 : 0);
    shift[sized] = isNormal ? 13 : exponent <= 0 ? Math.min(25, 14 - exponent) : 25; // 25: nothing is left of it
  }
  return { base, shift };
}

/** Half precision numbers as floats, exactly. */
export function fromHalf(halves: Uint16Array): Float32Array {
  return new Float32Array(halves).map((half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >>> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}

/** value / 2^bits, to the nearest whole number, ties to even. */
function rounded(value: number, bits: number): number {
  return (value + (1 << (bits - 1)) - 1 + ((value >>> bits) & 1)) >>> bits;
}
