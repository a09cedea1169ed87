import type { CohortMeasure } from "../cohort/index.ts";
import { fixed, NONE, significant } from "./number-text.ts";

const NAMES: Readonly<Record<string, string>> = {
  mae: "MAE",
  me: "ME",
  rmse: "RMSE",
  psnr: "PSNR",
  ssim: "SSIM",
  msssim: "MS-SSIM",
  ncc: "NCC",
};

/** A measure for people: `mae.bone` is "MAE bone". */
export function measureName(name: string): string {
  const [metric = "", ...rest] = name.split(".");
  return [NAMES[metric] ?? metric, ...(rest.length > 0 ? [rest.join(".")] : [])].join(" ");
}

/** With its unit: "MAE, HU". */
export function measureTitle({ name, unit }: Pick<CohortMeasure, "name" | "unit">): string {
  return [measureName(name), unit].filter(Boolean).join(", ");
}

/** A value of a measure: 0.1 HU, 0.01 dB, 0.0001 of what has no unit. */
export function measureNumber(value: number, { unit }: Pick<CohortMeasure, "unit">): string {
  return fixed(value, unit === "HU" ? 1 : unit === "dB" ? 2 : 4);
}

/** "12.3 to 45.6", or why there is none. */
export function rangeOf(low: number, high: number, measure: Pick<CohortMeasure, "unit">): string {
  if (Number.isNaN(low)) return NONE;
  return `${measureNumber(low, measure)} to ${measureNumber(high, measure)}`;
}

/** What {@link summaryCells} are. */
export const SUMMARY_HEAD = [
  "Measure",
  "Cases",
  "Mean",
  "95 % interval",
  "SD",
  "Median",
  "Quartiles",
] as const;

/** A measure's statistics over cases, as cells of a table. */
export function summaryCells(measure: CohortMeasure): string[] {
  const { summary: s, interval } = measure;
  const text = (value: number) => measureNumber(value, measure);
  return [
    measureTitle(measure),
    String(s.count),
    text(s.mean),
    rangeOf(interval.low, interval.high, measure),
    text(s.sd),
    text(s.median),
    rangeOf(s.q1, s.q3, measure),
  ];
}

/** The metrics alone, without the errors by class. */
export function metricsAlone<T extends { readonly name: string }>(measures: readonly T[]): T[] {
  return measures.filter(({ name }) => !name.includes("."));
}

/** A p value. */
export function pText(p: number | undefined): string {
  if (p === undefined || Number.isNaN(p)) return NONE;
  return p < 0.0001 ? "< 0.0001" : significant(p, 2);
}
