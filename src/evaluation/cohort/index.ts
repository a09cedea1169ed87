/** Cohorts: many cases evaluated as they come, aggregates, and two models compared pair by pair. Knows no files and starts no threads. */

export { type BodyMeans, JOINT_BINS, JOINT_HU, type JointCounts, type WorstSlice } from "./case-figures.ts";
export type {
  CaseOptions,
  CohortCase,
  CohortCaseResult,
  CohortRole,
  CohortVolume,
  FailedCohortCase,
  ScoredCohortCase,
} from "./cohort-case.ts";
export { type CohortComparison, compareCohorts, type PairedCase, type PairedMeasure } from "./compare.ts";
export { type CohortRow, cohortCsv, csvText, readCohortCsv } from "./csv.ts";
export { evaluateCase, failedCase } from "./evaluate-case.ts";
export {
  type CaseWorkers,
  type CohortEvent,
  type CohortStore,
  type EvaluateCohortOptions,
  evaluateCohort,
} from "./evaluate-cohort.ts";
export { type CohortGroup, type CohortGroups, groupCohort } from "./groups.ts";
export { type Direction, directionOf, measuresOf } from "./measures.ts";
export { cohortJson } from "./result-json.ts";
export {
  type BootstrapInterval,
  type BootstrapOptions,
  bootstrapInterval,
  type SampleSummary,
  summarise,
} from "./sample.ts";
export {
  type CohortMeasure,
  type CohortResult,
  type CohortStatisticsOptions,
  summariseCohort,
} from "./summary.ts";
export { type WilcoxonResult, wilcoxonSignedRank } from "./wilcoxon.ts";
