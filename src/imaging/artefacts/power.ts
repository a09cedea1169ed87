/** Steps in which the values of one octave are taken, each with a parabola of its own: a step of float32's mantissa is its first eight bits. */
const STEPS = 256;
/** Bits of a float32's mantissa below a step's. */
const REST_BITS = 15;
const REST = 2 ** REST_BITS;

/**
 * Multiplies values by a gain and raises their size to a power, in place; signs stay: `sign(v) · gain · |v| ** exponent`. Some ten times as fast as `**`, as exact as
 * float32 holds up to a power of 4, and to 2.5e-7 of the value up to 8; what is below 1e-38 becomes 0. One value gives the same bits wherever it stands.
 */
type Power = (values: Float32Array) => void;

/**
 * Tabulates a {@link Power} once for all arrays that are raised to it.
 *
 * @param exponent above 0, up to 8
 */
export function powerFunction(exponent: number, gain = 1): Power {
  const octaves = octavesOf(exponent, gain);
  const parabolas = parabolasOf(exponent);
  return (values) => raise(values, octaves, parabolas);
}

function raise(values: Float32Array, octaves: Float64Array, parabolas: Float64Array): void {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < values.length; i++) {
    const word = bits[i]!;
    const at = 3 * ((word >>> REST_BITS) & (STEPS - 1));
    const rest = word & (REST - 1);
    values[i] =
      octaves[word >>> 23]! * (parabolas[at]! + rest * (parabolas[at + 1]! + rest * parabolas[at + 2]!));
  }
}

/** Powers of 2^-126 to 2^127 times the gain, by a float32's exponent bits and its sign bit above them. */
function octavesOf(exponent: number, gain: number): Float64Array {
  const octaves = new Float64Array(512);
  for (let bits = 1; bits < 255; bits++) {
    octaves[bits] = gain * 2 ** (exponent * (bits - 127));
    octaves[256 + bits] = -octaves[bits]!;
  }
  octaves[255] = Number.NaN; // neither infinite values nor NaN hide
  octaves[511] = Number.NaN;
  return octaves;
}

/** Powers of 1 to 2: for each step the parabola through its ends and its middle, as coefficients of the mantissa's remaining bits. */
function parabolasOf(exponent: number): Float64Array {
  const parabolas = new Float64Array(3 * STEPS);
  let start = 1;
  for (let step = 0; step < STEPS; step++) {
    const middle = (1 + (step + 0.5) / STEPS) ** exponent;
    const end = (1 + (step + 1) / STEPS) ** exponent;
    parabolas[3 * step] = start;
    parabolas[3 * step + 1] = (4 * middle - 3 * start - end) / REST;
    parabolas[3 * step + 2] = (2 * (start - 2 * middle + end)) / REST ** 2;
    start = end;
  }
  return parabolas;
}
