/** A value's upper 16 bits decide in the first count, its lower ones in the second. */
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
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  const coarse = new Int32Array(BINS); // counts of unsigned arrays are added as fractions: half as fast
  for (let i = 0; i < bits.length; i++) coarse[inOrder(bits[i]!) >>> HALF]!++;
  const places = ranks.map((rank) => placeOf(rank, coarse));
  const uppers = [...new Set(places.map(({ bin }) => bin))];
  const fine = countWithin(bits, uppers);
  return places.map(({ bin, rest }) => {
    const { bin: lower } = placeOf(rest, fine[uppers.indexOf(bin)]!);
    return new Float32Array(Int32Array.of(bitsAt((bin << HALF) | lower)).buffer)[0]!;
  });
}

/** The bits of a float as a number of 32 bits that is the larger, the larger the float: of negative ones all turn round, of others the sign. */
function inOrder(bits: number): number {
  return bits ^ ((bits >> 31) | 0x80000000);
}

/** What {@link inOrder} made the number of. */
function bitsAt(order: number): number {
  return order ^ ((~order >> 31) | 0x80000000);
}

/** The bin that holds the value of a rank, and its rank in there. */
function placeOf(rank: number, counts: Int32Array): { readonly bin: number; readonly rest: number } {
  let below = 0;
  let bin = 0;
  while (below + counts[bin]! <= rank) below += counts[bin++]!;
  return { bin, rest: rank - below };
}

/** For each of the upper halves, how often each lower half comes with it. Two in a pass: comparing is quicker than looking each value up. */
function countWithin(bits: Int32Array, uppers: readonly number[]): Int32Array[] {
  const counts = uppers.map(() => new Int32Array(BINS));
  for (let n = 0; n < uppers.length; n += 2) {
    const [a, b] = [uppers[n]!, uppers[n + 1] ?? -1];
    const [ofA, ofB] = [counts[n]!, counts[n + 1] ?? counts[n]!];
    for (let i = 0; i < bits.length; i++) {
      const value = inOrder(bits[i]!);
      const upper = value >>> HALF;
      if (upper === a) ofA[value & (BINS - 1)]!++;
      else if (upper === b) ofB[value & (BINS - 1)]!++;
    }
  }
  return counts;
}

/** Values at `quantiles` (0 to 1), linear between order statistics as NumPy's default. */
export function quantiles(values: Float32Array, shares: readonly number[]): number[] {
  return between(values.length, shares, (ranks) => orderStatistics(values, ranks));
}

/** Arrays whose values are at most 16 bits. */
type ShortValues = Int8Array | Uint8Array | Int16Array | Uint16Array;

export const isShort = (data: unknown): data is ShortValues =>
  data instanceof Int16Array ||
  data instanceof Uint16Array ||
  data instanceof Uint8Array ||
  data instanceof Int8Array;

/**
 * {@link quantiles} of what stored values mean, to the bit, in one pass over them and without an array of floats: there are few different ones, so each is counted.
 *
 * @param meaning of a stored value; rises or falls with it
 */
export function quantilesOfShort(
  stored: ShortValues,
  shares: readonly number[],
  meaning: (stored: number) => number,
): number[] {
  const counts = new Int32Array(BINS);
  for (let i = 0; i < stored.length; i++) counts[stored[i]! & (BINS - 1)]!++;
  const signed = stored instanceof Int16Array || stored instanceof Int8Array;
  const lowest = signed ? -BINS / 2 : 0;
  const falls = meaning(1) < meaning(0);
  // From the least meaning to the greatest.
  const storedAt = (bin: number) => lowest + (falls ? BINS - 1 - bin : bin);
  const sorted = new Int32Array(BINS);
  for (let bin = 0; bin < BINS; bin++) sorted[bin] = counts[storedAt(bin) & (BINS - 1)]!;
  return between(stored.length, shares, (ranks) =>
    ranks.map((rank) => meaning(storedAt(placeOf(rank, sorted).bin))),
  );
}

/** Linear between the values that `find` gives of ranks. */
function between(
  length: number,
  shares: readonly number[],
  find: (ranks: readonly number[]) => readonly number[],
): number[] {
  const places = shares.map((q) => (length - 1) * q);
  const low = places.map(Math.floor);
  const high = low.map((rank) => Math.min(rank + 1, length - 1));
  const found = find([...low, ...high]);
  return places.map((place, n) => {
    const a = found[n]!;
    return a + (found[low.length + n]! - a) * (place - low[n]!);
  });
}
