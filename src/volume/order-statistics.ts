/** Bits of a float32 that the first count looks at; the rest decides in the second. */
const HIGH_BITS = 16;
const BINS = 2 ** HIGH_BITS;

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
  for (let i = 0; i < bits.length; i++) coarse[ordered(bits[i]!) >>> HIGH_BITS]!++;
  const places = ranks.map((rank) => {
    let below = 0;
    let bin = 0;
    while (below + coarse[bin]! <= rank) below += coarse[bin++]!;
    return { bin, rest: rank - below };
  });
  const fine = new Map(places.map(({ bin }) => [bin, new Uint32Array(BINS)]));
  for (const [bin, counts] of fine) countWithin(bits, bin, counts);
  return places.map(({ bin, rest }) => {
    const counts = fine.get(bin)!;
    let below = 0;
    let low = 0;
    while (below + counts[low]! <= rest) below += counts[low++]!;
    return fromOrdered(((bin << HIGH_BITS) | low) >>> 0);
  });
}

function countWithin(bits: Uint32Array, bin: number, counts: Uint32Array): void {
  for (let i = 0; i < bits.length; i++) {
    const key = ordered(bits[i]!);
    if (key >>> HIGH_BITS === bin) counts[key & (BINS - 1)]!++;
  }
}

/** Unsigned numbers in the order of the floats whose bits these are. */
function ordered(bits: number): number {
  return (bits & 0x80000000) !== 0 ? ~bits >>> 0 : (bits | 0x80000000) >>> 0;
}

function fromOrdered(key: number): number {
  const bits = Uint32Array.of((key & 0x80000000) !== 0 ? key & 0x7fffffff : ~key >>> 0);
  return new Float32Array(bits.buffer)[0]!;
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
