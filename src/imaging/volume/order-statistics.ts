/** A float32's upper 16 bits decide in the first count, its lower ones in the second. */
const HALF = 16;
const BINS = 65_536;

/**
 * The values that would stand at `ranks` if `values` were sorted, without sorting: floats are ordered as their bits are, so values are counted
 * by their upper 16 bits, and those of the bins in which a rank falls by their lower 16. Exact, in two passes.
 *
 * @param values finite, or at least no NaN
 * @param ranks whole numbers from 0 to values.length - 1
 */
export function orderStatistics(values: Float32Array, ranks: readonly number[]): number[] {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const coarse = new Uint32Array(BINS);
  for (let i = 0; i < bits.length; i++) coarse[bits[i]! >>> HALF]!++;
  const places = ranks.map((rank) => placeOf(rank, (key) => coarse[upperHalf(key)]!));
  const bins = [...new Set(places.map(({ key }) => upperHalf(key)))];
  const fine = countWithin(bits, bins);
  return places.map(({ key, rest }) => {
    const upper = upperHalf(key);
    const counts = fine[bins.indexOf(upper)]!;
    const isNegative = upper >= BINS / 2; // of negative floats the larger bits are the smaller number
    const lowerHalf = (n: number) => (isNegative ? BINS - 1 - n : n);
    const { key: low } = placeOf(rest, (n) => counts[lowerHalf(n)]!);
    return new Float32Array(Uint32Array.of((upper << HALF) | lowerHalf(low)).buffer)[0]!;
  });
}

/** The bin, counted in order, that holds the value of a rank, and its rank in there. */
function placeOf(
  rank: number,
  count: (key: number) => number,
): { readonly key: number; readonly rest: number } {
  let below = 0;
  let key = 0;
  while (below + count(key) <= rank) below += count(key++);
  return { key, rest: rank - below };
}

/** The upper half of the bits of the key-th floats in order: negative ones from the largest bits down, then positive ones. */
function upperHalf(key: number): number {
  return key < BINS / 2 ? BINS - 1 - key : key - BINS / 2;
}

/** For each of the upper halves, how often each lower half comes with it. */
function countWithin(bits: Uint32Array, uppers: readonly number[]): Uint32Array[] {
  const slots = new Uint16Array(BINS); // 0: none
  for (const [n, upper] of uppers.entries()) slots[upper] = n + 1;
  const counts = new Uint32Array((uppers.length + 1) * BINS);
  for (let i = 0; i < bits.length; i++) {
    const value = bits[i]!;
    const slot = slots[value >>> HALF]!;
    if (slot !== 0) counts[slot * BINS + (value & (BINS - 1))]!++;
  }
  return uppers.map((_, n) => counts.subarray((n + 1) * BINS, (n + 2) * BINS));
}

/** Values at `quantiles` (0 to 1), linear between order statistics as NumPy's default. */
export function quantiles(values: Float32Array, shares: readonly number[]): number[] {
  const places = shares.map((q) => (values.length - 1) * q);
  const low = places.map(Math.floor);
  const high = low.map((rank) => Math.min(rank + 1, values.length - 1));
  const found = orderStatistics(values, [...low, ...high]);
  return places.map((place, n) => {
    const a = found[n]!;
    return a + (found[low.length + n]! - a) * (place - low[n]!);
  });
}
