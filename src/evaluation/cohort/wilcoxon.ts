import { assert } from "../../base/errors/index.ts";

/** What {@link wilcoxonSignedRank} gives. */
export interface WilcoxonResult {
  /** The smaller of the two sums of ranks. NaN when every difference is 0. */
  readonly statistic: number;
  /** Two-sided. NaN when every difference is 0. */
  readonly p: number;
  /** Which distribution `p` comes from: all 2ⁿ signs (n up to 50, or up to 13 with ties or zeros), or the normal one. */
  readonly method: "exact" | "normal";
  /** Pairs, and those among them without a difference, which are left out. */
  readonly pairs: number;
  readonly zeros: number;
  /** Why the test is undefined. */
  readonly why?: string;
}

/** SciPy counts all signs up to this many pairs without ties and zeros... */
const EXACT_PAIRS = 50;
/** ...and up to this many with them. */
const EXACT_TIED = 13;

/**
 * Wilcoxon's signed-rank test of paired values, two-sided, as SciPy's `wilcoxon(a, b)` by default (Biometrics Bulletin 1, 1945):
 * pairs without a difference are left out, equal differences share their mean rank, and the variance of the normal
 * approximation is corrected for ties; no continuity correction.
 *
 * @param a one value per case
 * @param b values of the same cases in the same order
 * @throws MidashError `invalid-argument` for other lengths, none, or values that are not finite
 */
export function wilcoxonSignedRank(a: readonly number[], b: readonly number[]): WilcoxonResult {
  const where = { call: "wilcoxonSignedRank" };
  assert(a.length === b.length, `needs pairs, got ${a.length} and ${b.length} values`, { where });
  assert(a.length > 0, "needs at least one pair", { where });
  const all = a.map((v, i) => v - b[i]!);
  const bad = all.filter((d) => !Number.isFinite(d)).length;
  assert(bad === 0, `${bad} of ${a.length} pairs are not finite`, {
    where,
    hint: "leave these cases out of both",
  });
  const differences = all.filter((d) => d !== 0);
  const n = differences.length;
  const counts = { pairs: a.length, zeros: a.length - n };
  if (n === 0)
    return {
      statistic: Number.NaN,
      p: Number.NaN,
      method: "exact",
      ...counts,
      why: "no pair differs, so there is nothing to test",
    };
  const { ranks, ties } = rank(differences.map(Math.abs));
  const plus = differences.reduce((sum, d, i) => sum + (d > 0 ? ranks[i]! : 0), 0);
  const statistic = Math.min(plus, (n * (n + 1)) / 2 - plus);
  const plain = ties === 0 && counts.zeros === 0;
  if (a.length <= (plain ? EXACT_PAIRS : EXACT_TIED))
    return { statistic, p: Math.min(1, 2 * lowerTail(ranks, statistic)), method: "exact", ...counts };
  const variance = (n * (n + 1) * (2 * n + 1) - ties / 2) / 24;
  const z = (statistic - (n * (n + 1)) / 4) / Math.sqrt(variance);
  return { statistic, p: Math.min(1, 2 * normalBelow(z)), method: "normal", ...counts };
}

/** Mean ranks from 1, and the sum of t³ - t over groups of t equal values. */
function rank(values: readonly number[]): { readonly ranks: Float64Array; readonly ties: number } {
  const order = values.map((_, i) => i).sort((i, j) => values[i]! - values[j]!);
  const ranks = new Float64Array(values.length);
  let ties = 0;
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let i = from; i < to; i++) ranks[order[i]!] = (from + 1 + to) / 2;
    ties += (to - from) ** 3 - (to - from);
    from = to;
  }
  return { ranks, ties };
}

/** The share of all signs whose sum of positive ranks is at most `statistic`. Ranks are halves at most: twice them are whole. */
function lowerTail(ranks: Float64Array, statistic: number): number {
  const total = ranks.reduce((sum, r) => sum + 2 * r, 0);
  const ways = new Float64Array(total + 1);
  ways[0] = 1;
  let most = 0;
  for (const r of ranks) {
    const twice = 2 * r;
    most += twice;
    for (let s = most; s >= twice; s--) ways[s]! += ways[s - twice]!;
  }
  let below = 0;
  for (let s = 0; s <= 2 * statistic; s++) below += ways[s]!;
  return below / 2 ** ranks.length;
}

/** The standard normal distribution below z ≤ 0, to some 1e-15 of itself. */
function normalBelow(z: number): number {
  return erfc(-z / Math.SQRT2) / 2;
}

/** Complementary error function of x ≥ 0: its series below 2, Lentz's continued fraction above. */
function erfc(x: number): number {
  const square = x * x;
  if (x < 2) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (2 * square) / (2 * n + 1);
      sum += term;
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-square) * sum;
  }
  let fraction = x;
  for (let n = 200; n >= 1; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-square) / (fraction * Math.sqrt(Math.PI));
}
