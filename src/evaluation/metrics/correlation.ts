/** Pearson's r of two lists of one length, in two passes; NaN where one is constant. */
export function pearson(a: Float64Array, b: Float64Array): number {
  const [meanA, meanB] = [meanOf(a), meanOf(b)];
  let [aa, bb, ab] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [da, db] = [a[i]! - meanA, b[i]! - meanB];
    aa += da * da;
    bb += db * db;
    ab += da * db;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : Number.NaN;
}

/** Ranks from 1; equal values share their mean rank. In the memory of two more lists, as a sort of 10 million indices takes too long. */
export function meanRanks(values: Float64Array): Float64Array {
  const sorted = values.slice().sort();
  /** The mean rank of the run of equal values that starts at a place of `sorted`; set at starts of runs alone. */
  const rankAt = new Float64Array(sorted.length);
  for (let from = 0; from < sorted.length; ) {
    let to = from + 1;
    while (to < sorted.length && sorted[to] === sorted[from]) to++;
    rankAt[from] = (from + 1 + to) / 2;
    from = to;
  }
  return values.map((value) => rankAt[firstAtLeast(sorted, value)]!);
}

function firstAtLeast(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function meanOf(values: Float64Array): number {
  let sum = 0;
  for (const v of values) sum += v;
  return sum / values.length;
}
