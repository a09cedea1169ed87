import { quantiles } from "../../volume/index.ts";
import type { TissueContrast } from "./tissue-options.ts";

const BINS = 160;

/**
 * Two thresholds that part values into three classes with the least squares within (Otsu 1979, for three classes; the optimum of 3-means): all
 * pairs of 160 bins between the 0.5th and 99.5th percentile are tried, so nothing depends on a start. Where the contrast is known to set CSF far apart
 * from grey and white, which hardly differ, it is cut off first, and the rest is divided afterwards: all at once, both cuts would fall into CSF's edge.
 */
export function thresholds(
  values: Float32Array,
  contrast: TissueContrast | undefined,
): readonly [number, number] {
  const [low, high] = quantiles(values, [0.005, 0.995]) as [number, number];
  const width = (high - low) / BINS || 1;
  // Sums of counts and of bin numbers up to each bin.
  const count = new Float64Array(BINS + 1);
  const sum = new Float64Array(BINS + 1);
  const histogram = new Float64Array(BINS);
  for (const v of values) histogram[Math.min(BINS - 1, Math.max(0, Math.floor((v - low) / width)))]!++;
  for (let b = 0; b < BINS; b++) {
    count[b + 1] = count[b]! + histogram[b]!;
    sum[b + 1] = sum[b]! + b * histogram[b]!;
  }
  const between = (a: number, b: number) => {
    const n = count[b]! - count[a]!;
    return n > 0 ? (sum[b]! - sum[a]!) ** 2 / n : 0;
  };
  const halves = (from: number, to: number) =>
    best(range(from + 1, to - 1), (cut) => between(from, cut) + between(cut, to));
  const at = (cut: number) => low + cut * width;
  if (contrast === "t2") {
    const csf = halves(0, BINS);
    return [at(halves(0, csf)), at(csf)];
  }
  if (contrast === "flair") {
    const csf = halves(0, BINS);
    return [at(csf), at(halves(csf, BINS))];
  }
  const seconds = range(1, BINS - 2).map((a) => {
    const b = best(range(a + 1, BINS - 1), (cut) => between(a, cut) + between(cut, BINS));
    return [a, b, between(0, a) + between(a, b) + between(b, BINS)] as const;
  });
  const [a, b] = seconds.reduce((most, one) => (one[2] > most[2] * (1 + 1e-12) ? one : most));
  return [at(a), at(b)];
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(1, to - from + 1) }, (_, i) => from + i);
}

/** The first of those that score highest. */
function best(cuts: readonly number[], score: (cut: number) => number): number {
  return cuts.reduce((most, cut) => (score(cut) > score(most) * (1 + 1e-12) ? cut : most));
}
