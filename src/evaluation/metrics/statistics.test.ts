import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bootstrapInterval, summarise, wilcoxonSignedRank } from "../cohort/index.ts";

const { pairs, samples } = JSON.parse(
  readFileSync(new URL("../../../test/fixtures/metrics/statistics.json", import.meta.url), "utf8"),
) as {
  readonly pairs: Readonly<
    Record<
      string,
      { readonly a: number[]; readonly b: number[]; readonly statistic: number; readonly p: number }
    >
  >;
  readonly samples: Readonly<
    Record<
      string,
      {
        readonly values: number[];
        readonly quartiles: [number, number, number];
        readonly mean: number;
        readonly sd: number;
        readonly percentile: [number, number];
      }
    >
  >;
};

describe("wilcoxonSignedRank", () => {
  it.each(Object.keys(pairs))("%s equals SciPy", (name) => {
    const { a, b, statistic, p } = pairs[name]!;
    const result = wilcoxonSignedRank(a, b);
    expect(result.statistic).toBe(statistic);
    expect(Math.abs(result.p - p)).toBeLessThanOrEqual(1e-12 * p);
    expect(result.method).toBe(name.includes("many") || name === "fifty-one" ? "normal" : "exact");
    expect(wilcoxonSignedRank(b, a).p).toBe(result.p);
  });

  it("is undefined where no pair differs, and refuses what are no pairs", () => {
    expect(wilcoxonSignedRank([1, 2], [1, 2])).toMatchObject({
      p: Number.NaN,
      zeros: 2,
      why: "no pair differs, so there is nothing to test",
    });
    expect(() => wilcoxonSignedRank([1], [1, 2])).toThrow(/got 1 and 2 values/);
    expect(() => wilcoxonSignedRank([], [])).toThrow(/at least one pair/);
    expect(() => wilcoxonSignedRank([1, Number.NaN], [1, 2])).toThrow(/1 of 2 pairs are not finite/);
  });
});

describe("summarise", () => {
  it.each(Object.keys(samples))("%s equals NumPy", (name) => {
    const { values, quartiles, mean, sd } = samples[name]!;
    const summary = summarise(values);
    [summary.q1, summary.median, summary.q3].forEach((q, n) => {
      expect(q).toBeCloseTo(quartiles[n]!, 10);
    });
    expect(summary.mean).toBeCloseTo(mean, 10);
    expect(summary.sd).toBeCloseTo(sd, 10);
    expect([summary.count, summary.left]).toEqual([values.length, 0]);
  });

  it("leaves out what is not finite", () => {
    expect(summarise([1, Number.NaN, 3, Number.POSITIVE_INFINITY])).toMatchObject({
      count: 2,
      left: 2,
      mean: 2,
    });
    expect(summarise([])).toMatchObject({ count: 0, mean: Number.NaN, median: Number.NaN });
  });
});

describe("bootstrapInterval", () => {
  it.each(Object.keys(samples))("%s comes near SciPy's percentile interval of 200 000 resamples", (name) => {
    const { values, percentile } = samples[name]!;
    const { low, high } = bootstrapInterval(values, { resamples: 100_000 });
    const width = percentile[1] - percentile[0];
    expect(Math.abs(low - percentile[0])).toBeLessThan(0.015 * width);
    expect(Math.abs(high - percentile[1])).toBeLessThan(0.015 * width);
  });

  it("is the same for the same seed, and takes any statistic", () => {
    const { values } = samples.even!;
    expect(bootstrapInterval(values)).toEqual(bootstrapInterval(values, { seed: 0 }));
    expect(bootstrapInterval(values, { seed: 1 }).low).not.toBe(bootstrapInterval(values).low);
    const most = bootstrapInterval(values, { statistic: (sample) => Math.max(...sample) });
    expect(most.high).toBe(Math.max(...values));
    expect(bootstrapInterval([5, 5, 5])).toMatchObject({ low: 5, high: 5, count: 3 });
  });

  it("is undefined for too few, and refuses options out of range", () => {
    expect(bootstrapInterval([3, Number.NaN])).toMatchObject({
      low: Number.NaN,
      why: "1 finite values: too few",
    });
    expect(() => bootstrapInterval([1, 2], { level: 95 })).toThrow(/between 0 and 1, got 95/);
    expect(() => bootstrapInterval([1, 2], { resamples: 0 })).toThrow(/from 1 to 10 million, got 0/);
  });
});
