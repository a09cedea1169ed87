import { assert } from "../../base/errors/index.ts";
import type { MetricPreset, MetricValue } from "../metrics/index.ts";
import type { ScoredCohortCase } from "./cohort-case.ts";
import { type Direction, measuresOf } from "./measures.ts";
import { type BootstrapInterval, bootstrapInterval } from "./sample.ts";
import type { CohortResult, CohortStatisticsOptions } from "./summary.ts";
import { type WilcoxonResult, wilcoxonSignedRank } from "./wilcoxon.ts";

/** One measure of both models, case by case. */
export interface PairedCase {
  readonly id: string;
  readonly a: number;
  readonly b: number;
  /** a - b; where nearer to zero is better, |a| - |b|. */
  readonly difference: number;
}

/** One measure of two models compared over the cases that both have. */
export interface PairedMeasure extends Pick<MetricValue, "unit"> {
  readonly name: string;
  readonly direction: Direction;
  /** Cases with a finite value of both. */
  readonly n: number;
  /** Means over these cases; of absolute values where nearer to zero is better. */
  readonly meanA: number;
  readonly meanB: number;
  /** Mean of the differences; NaN without cases. */
  readonly meanDifference: number;
  /** Bootstrap interval of that mean, drawn over cases. */
  readonly interval: BootstrapInterval;
  /** Two-sided signed-rank test of the differences; undefined without cases. Not corrected for the number of measures. */
  readonly wilcoxon?: WilcoxonResult;
  /** Which model the mean difference speaks for, however weakly; "neither" when it is 0 or undefined. */
  readonly better: "a" | "b" | "neither";
  readonly cases: readonly PairedCase[];
}

/** Two models on the same cases. Plain data. */
export interface CohortComparison {
  readonly preset: MetricPreset;
  readonly simulated: boolean;
  /** Ids that were scored for both. */
  readonly ids: readonly string[];
  /** Ids that were scored for one alone, and so are left out. */
  readonly onlyA: readonly string[];
  readonly onlyB: readonly string[];
  readonly measures: readonly PairedMeasure[];
}

/**
 * Compares two models on the cases that both were scored on, pair by pair: mean difference with a bootstrap interval, and Wilcoxon's
 * signed-rank test. Many measures are tested at once: with 15 of them one in two comparisons of equal models shows some p below 0.05.
 *
 * @param a results of the first model, from `summariseCohort` or `evaluateCohort`
 * @param b results of the second on the same cases, measured in the same way
 * @throws MidashError `invalid-argument` for other presets, mask rules or data ranges, and when no case is in both
 */
export function compareCohorts(
  a: CohortResult,
  b: CohortResult,
  options: CohortStatisticsOptions = {},
): CohortComparison {
  const where = { call: "compareCohorts" };
  const way = ({ preset, maskRule, scored }: CohortResult) =>
    `${preset}; ${maskRule}; [${scored[0]?.report.psnr.dataRange}]`;
  assert(way(a) === way(b), `measured in different ways: ${way(a)} and ${way(b)}`, { where });
  const others = new Map(b.scored.map((one) => [one.id, one]));
  const pairs = a.scored.flatMap((one): [ScoredCohortCase, ScoredCohortCase][] => {
    const other = others.get(one.id);
    return other ? [[one, other]] : [];
  });
  assert(pairs.length > 0, "no case was scored for both", {
    where,
    hint: "evaluate both models on the same cases",
  });
  const ids = pairs.map(([{ id }]) => id);
  const alone = (from: CohortResult) => from.scored.map(({ id }) => id).filter((id) => !ids.includes(id));
  const shared = a.measures.filter(({ name }) => b.measures.some((other) => other.name === name));
  return {
    preset: a.preset,
    simulated: a.simulated || b.simulated,
    ids,
    onlyA: alone(a),
    onlyB: alone(b),
    measures: shared.map((measure) => pairedMeasure(measure, pairs, options)),
  };
}

function pairedMeasure(
  { name, direction, unit }: Pick<PairedMeasure, "name" | "direction" | "unit">,
  pairs: readonly (readonly [ScoredCohortCase, ScoredCohortCase])[],
  options: CohortStatisticsOptions,
): PairedMeasure {
  const numberOf = ({ report }: ScoredCohortCase) =>
    measuresOf(report).find((measure) => measure.name === name)?.value.value ?? Number.NaN;
  const size = direction === "nearer-zero" ? Math.abs : (value: number) => value;
  const cases = pairs
    .map(([one, other]) => ({ id: one.id, a: numberOf(one), b: numberOf(other) }))
    .filter((pair) => Number.isFinite(pair.a) && Number.isFinite(pair.b))
    .map((pair) => ({ ...pair, difference: size(pair.a) - size(pair.b) }));
  const differences = cases.map(({ difference }) => difference);
  const sizes = [cases.map(({ a }) => size(a)), cases.map(({ b }) => size(b))] as const;
  const meanDifference = meanOf(differences);
  return {
    name,
    direction,
    ...(unit === undefined ? {} : { unit }),
    n: cases.length,
    meanA: meanOf(sizes[0]),
    meanB: meanOf(sizes[1]),
    meanDifference,
    interval: bootstrapInterval(differences, options),
    ...(cases.length > 0 ? { wilcoxon: wilcoxonSignedRank(...sizes) } : {}),
    better: betterOf(meanDifference, direction),
    cases,
  };
}

function betterOf(meanDifference: number, direction: Direction): PairedMeasure["better"] {
  if (Number.isNaN(meanDifference) || meanDifference === 0) return "neither";
  return meanDifference > 0 === (direction === "higher") ? "a" : "b";
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length; // NaN of none
}
