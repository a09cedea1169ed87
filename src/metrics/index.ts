/** How good a synthetic CT is: named presets of MAE, ME, RMSE, PSNR and SSIM, and the baseline to beat. */
export { averageReports } from "./average.ts";
export { LookupBaseline, type LookupPair } from "./lookup-baseline.ts";
export { type EvaluateOptions, Metrics } from "./metrics.ts";
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
export type { MetricProgress } from "./work.ts";
