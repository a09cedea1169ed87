import { quantiles } from "../../volume/index.ts";
import { K } from "./gaussians.ts";

const BINS = 160;

/**
 * Two thresholds that part values into three classes with the least squares within (Otsu 1979, for three classes; the optimum of 3-means):
 * all pairs of 160 bins between the 0.5th and 99.5th percentile are tried, so nothing depends on a start.
 */
export function thresholds(values: Float32Array): readonly [number, number] {
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
  let best = -1;
  let cut: readonly [number, number] = [BINS / K, (2 * BINS) / K];
  for (let a = 1; a < BINS - 1; a++)
    for (let b = a + 1; b < BINS; b++) {
      const separation = between(0, a) + between(a, b) + between(b, BINS);
      if (separation > best * (1 + 1e-12)) {
        best = separation;
        cut = [a, b];
      }
    }
  return [low + cut[0] * width, low + cut[1] * width];
}
