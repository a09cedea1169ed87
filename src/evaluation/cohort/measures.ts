import { type MetricReport, type MetricValue, metricsOf } from "../metrics/index.ts";

/** Which values of a measure are better: MAE falls, SSIM rises, ME comes nearer to zero. */
export type Direction = "lower" | "higher" | "nearer-zero";

/** One number of a report, by name: `mae`, `ssim`, or `mae.bone` for a class of the reference's HU. */
export interface Measure {
  readonly name: string;
  readonly direction: Direction;
  readonly value: MetricValue;
}

/** All numbers of a report: the metrics in the order to show them, then the errors by class. */
export function measuresOf(report: MetricReport): Measure[] {
  const metrics = metricsOf(report).map(([name, value]) => ({ name, direction: directionOf(name), value }));
  const classes = (report.classes ?? []).flatMap(({ name, mae, me }): Measure[] => [
    { name: `mae.${name}`, direction: "lower", value: mae },
    { name: `me.${name}`, direction: "nearer-zero", value: me },
  ]);
  return [...metrics, ...classes];
}

/** Of a metric of a report, by its name. */
export function directionOf(name: string): Direction {
  if (name === "me") return "nearer-zero";
  return name === "mae" || name === "rmse" ? "lower" : "higher";
}
