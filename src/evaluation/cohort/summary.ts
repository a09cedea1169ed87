import { assert, type Where } from "../../base/errors/index.ts";
import type { MetricPreset, MetricValue } from "../metrics/index.ts";
import {
  type CohortCaseResult,
  type FailedCohortCase,
  type ScoredCohortCase,
  scoredOf,
} from "./cohort-case.ts";
import { type Direction, measuresOf } from "./measures.ts";
import { type BootstrapInterval, bootstrapInterval, type SampleSummary, summarise } from "./sample.ts";

/** One measure over the cases of a cohort, with its definition. */
export interface CohortMeasure extends Pick<MetricValue, "unit" | "preset" | "dataRange"> {
  /** `mae`, `me`, `rmse`, `psnr`, `ssim`, `msssim`, `ncc`, or `mae.bone` and `me.bone` for the classes of the reference's HU. */
  readonly name: string;
  readonly direction: Direction;
  /** Which voxels count, in words: those of the first case. */
  readonly maskRule: string;
  /** Voxels (windows for SSIM) over all cases that count. */
  readonly voxels: number;
  /** Mean, SD, quartiles and ends over cases, each case counting the same; cases without a finite value are left out and counted. */
  readonly summary: SampleSummary;
  /** Bootstrap interval of the mean. */
  readonly interval: BootstrapInterval;
  /** Ids of the cases that were left out, and why. */
  readonly left: readonly { readonly id: string; readonly why: string }[];
}

/** A cohort that was evaluated. Plain data. */
export interface CohortResult {
  readonly preset: MetricPreset;
  /** True when any image was simulated. Say so wherever the numbers are shown. */
  readonly simulated: boolean;
  /** Which voxels count for the MAE, in words. */
  readonly maskRule: string;
  /** In the order they were given. */
  readonly cases: readonly CohortCaseResult[];
  readonly scored: readonly ScoredCohortCase[];
  readonly failed: readonly FailedCohortCase[];
  readonly measures: readonly CohortMeasure[];
}

/** Options of {@link summariseCohort} and {@link compareCohorts}. */
export interface CohortStatisticsOptions {
  /** Of the intervals. Default 0.95. */
  readonly level?: number;
  /** Default 10000. */
  readonly resamples?: number;
  /** Of the bootstrap. Default 0: the same numbers from the same values, always. */
  readonly seed?: number | string;
}

/**
 * Aggregates of a cohort's results: for each measure mean, SD, median, quartiles and ends over cases, and a percentile
 * bootstrap interval of the mean. Below some 15 cases such an interval is too narrow.
 *
 * @throws MidashError `invalid-argument` when nothing was scored, ids repeat, or cases were measured in different ways
 */
export function summariseCohort(
  cases: readonly CohortCaseResult[],
  options: CohortStatisticsOptions = {},
): CohortResult {
  const where = { call: "summariseCohort" };
  const scored = scoredOf(cases);
  const failed = cases.filter((one) => one.status === "failed");
  const [first] = scored;
  assert(
    first,
    `no case could be evaluated${failed[0] ? `; the first: ${failed[0].id}: ${failed[0].reason}` : ""}`,
    { where },
  );
  assert(new Set(cases.map(({ id }) => id)).size === cases.length, "an id is there twice", { where });
  for (const { id, report } of scored) assertAlike(id, report, first, where);
  return {
    preset: first.report.preset,
    simulated: scored.some(({ report }) => report.simulated),
    maskRule: first.report.mae.maskRule,
    cases,
    scored,
    failed,
    measures: measuresOf(first.report).map(({ name, direction, value }) =>
      measureOver(name, direction, value, scored, options),
    ),
  };
}

function measureOver(
  name: string,
  direction: Direction,
  { unit, preset, dataRange, maskRule }: MetricValue,
  scored: readonly ScoredCohortCase[],
  options: CohortStatisticsOptions,
): CohortMeasure {
  const values = scored.map(({ id, report }) => {
    const found = measuresOf(report).find((measure) => measure.name === name)?.value;
    return { id, value: found?.value ?? Number.NaN, voxels: found?.voxels ?? 0, why: found?.why };
  });
  const numbers = values.map(({ value }) => value);
  return {
    name,
    direction,
    ...(unit === undefined ? {} : { unit }),
    preset,
    dataRange,
    maskRule,
    voxels: values.reduce((sum, { value, voxels }) => sum + (Number.isFinite(value) ? voxels : 0), 0),
    summary: summarise(numbers),
    interval: bootstrapInterval(numbers, options),
    left: values
      .filter(({ value }) => !Number.isFinite(value))
      .map(({ id, why }) => ({ id, why: why ?? "was not measured" })),
  };
}

function assertAlike(
  id: string,
  report: ScoredCohortCase["report"],
  first: ScoredCohortCase,
  where: Where,
): void {
  const way = ({ preset, mae, psnr }: ScoredCohortCase["report"]) =>
    `${preset}; ${mae.maskRule}; [${psnr.dataRange}]`;
  assert(
    way(report) === way(first.report),
    `${id} was measured in another way (${way(report)}) than ${first.id} (${way(first.report)})`,
    { where, hint: "evaluate all cases by one preset, and all with a mask or all without" },
  );
}
