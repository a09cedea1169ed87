/**
 * Numbers as IEEE 754 half precision: 11 significant bits, up to 65504. Rounded to the nearest, ties to even; what is too large becomes
 * infinity, as in NumPy.
 */
export function toHalf(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = bits.map((word) => {
    const sign = (word >>> 16) & 0x8000;
    const exponent = (word >>> 23) & 0xff;
    const fraction = word & 0x7fffff;
    if (exponent === 0xff) return sign | 0x7c00 | (fraction ? 0x200 : 0);
    const shifted = exponent - 112; // the exponent of a half
    if (shifted >= 31) return sign | 0x7c00;
    if (shifted <= 0) {
      if (shifted < -10) return sign; // less than half the smallest
      return sign | rounded(fraction | 0x800000, 14 - shifted);
    }
    return sign | ((shifted << 10) + rounded(fraction, 13)); // a fraction that rounds up carries into the exponent
  });
  return new Uint16Array(halves);
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
  const whole = value >>> bits;
  const rest = value & ((1 << bits) - 1);
  const tie = 1 << (bits - 1);
  return rest > tie || (rest === tie && (whole & 1) === 1) ? whole + 1 : whole;
}
