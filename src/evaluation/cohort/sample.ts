import { assert } from "../../base/errors/index.ts";
import { Random } from "../../base/random/index.ts";
import { quantileOfSorted } from "../../imaging/volume/index.ts";

/** What a sample of one number per case looks like. Plain data. */
export interface SampleSummary {
  /** Values that are finite; all others are left out. */
  readonly count: number;
  readonly left: number;
  readonly mean: number;
  /** Sample standard deviation (n - 1); NaN for one value. */
  readonly sd: number;
  readonly min: number;
  /** Quartiles, linear between order statistics as NumPy's default. */
  readonly q1: number;
  readonly median: number;
  readonly q3: number;
  readonly max: number;
}

/** Count, mean, SD and quartiles of a sample. NaN and infinite values are left out and counted; of an empty sample all is NaN. */
export function summarise(values: readonly number[]): SampleSummary {
  const sorted = Float64Array.from(values.filter(Number.isFinite)).sort();
  const count = sorted.length;
  const mean = meanOf(sorted);
  const squares = sorted.reduce((sum, v) => sum + (v - mean) ** 2, 0);
  const at = (q: number) => (count > 0 ? quantileOfSorted(sorted, q) : Number.NaN);
  return {
    count,
    left: values.length - count,
    mean,
    sd: Math.sqrt(squares / (count - 1)),
    min: at(0),
    q1: at(0.25),
    median: at(0.5),
    q3: at(0.75),
    max: at(1),
  };
}

/** An interval that holds a statistic of the population with some confidence, if the cases are a fair sample of it. */
export interface BootstrapInterval {
  /** NaN, as `high`, for fewer than two finite values. */
  readonly low: number;
  readonly high: number;
  readonly level: number;
  readonly resamples: number;
  /** Finite values that were drawn from. */
  readonly count: number;
  readonly why?: string;
}

/** Options of {@link bootstrapInterval}. */
export interface BootstrapOptions {
  /** Default: the mean. */
  readonly statistic?: (sample: Float64Array) => number;
  /** Default 0.95. */
  readonly level?: number;
  /** Default 10000: the ends of a 95 % interval then vary by some hundredths of its width from seed to seed. */
  readonly resamples?: number;
  /** Default 0: the same numbers from the same values, always. */
  readonly seed?: number | string;
}

/**
 * Percentile bootstrap (Efron, Ann Statist 7, 1979): `resamples` times as many cases as there are, drawn with replacement; the interval runs
 * between quantiles of the statistic over them. For a paired comparison give the differences, case by case. Of few cases (below
 * some 15) it is too narrow, as any bootstrap.
 *
 * @throws MidashError `invalid-argument` for options out of range
 */
export function bootstrapInterval(
  values: readonly number[],
  options: BootstrapOptions = {},
): BootstrapInterval {
  const where = { call: "bootstrapInterval" };
  const { statistic = meanOf, level = 0.95, resamples = 10_000, seed = 0 } = options;
  assert(level > 0 && level < 1, `level must lie between 0 and 1, got ${level}`, { where });
  assert(
    Number.isInteger(resamples) && resamples >= 1 && resamples <= 1e7,
    `resamples must be a whole number from 1 to 10 million, got ${resamples}`,
    { where },
  );
  const from = Float64Array.from(values.filter(Number.isFinite));
  const common = { level, resamples, count: from.length };
  if (from.length < 2)
    return { low: Number.NaN, high: Number.NaN, ...common, why: `${from.length} finite values: too few` };
  const random = new Random(seed);
  const sample = new Float64Array(from.length);
  const statistics = new Float64Array(resamples);
  for (let n = 0; n < resamples; n++) {
    for (let i = 0; i < sample.length; i++) sample[i] = from[random.integer(from.length)]!;
    statistics[n] = statistic(sample);
  }
  statistics.sort();
  const end = (1 - level) / 2;
  return { low: quantileOfSorted(statistics, end), high: quantileOfSorted(statistics, 1 - end), ...common };
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}
