/** How good a synthetic CT is: named presets, labels, bone, path lengths; statistics of a cohort; the baseline to beat. */
export { averageReports } from "./average.ts";
export type { BoneDice, BoneDiceOptions, BoneDiceReport } from "./bone-dice.ts";
export type { ElectronDensityOptions, ElectronDensityReport } from "./electron-density.ts";
export type { LabelOptions, LabelReport, LabelScore } from "./labels.ts";
export { LookupBaseline, type LookupPair } from "./lookup-baseline.ts";
export { type EvaluateOptions, Metrics } from "./metrics.ts";
export { BODY_OF_CT, type MetricMask, type NamedMask } from "./named-mask.ts";
export {
  type ClassErrors,
  METRIC_NAMES,
  type MetricName,
  type MetricPreset,
  type MetricProtocol,
  type MetricReport,
  type MetricValue,
  metricsOf,
} from "./report.ts";
export { parseReport, stringifyReport } from "./report-json.ts";
export type { SpreadOptions, SpreadReport } from "./spread.ts";
export type { WeplAngle, WeplOptions, WeplReport } from "./wepl.ts";
export type { MetricProgress } from "./work.ts";
