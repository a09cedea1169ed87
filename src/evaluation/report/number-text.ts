/** In place of a number that there is none of, e.g. the spread of one case. */
export const NONE = "–";

import type { MetricValue } from "../metrics/index.ts";

/** A number for people, with a real minus sign; what is not finite in words. */
export function fixed(value: number, digits: number): string {
  if (Number.isNaN(value)) return NONE;
  if (!Number.isFinite(value)) return value > 0 ? "infinite" : "−infinite";
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

/** At most `digits` significant digits, no trailing zeros. */
export function significant(value: number, digits = 4): string {
  return Number.isFinite(value)
    ? String(Number(value.toPrecision(digits))).replace("-", "−")
    : fixed(value, 0);
}

/** 1234567 as "1 234 567", with spaces that do not break. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, " ");
}

/** A metric's value without its unit: 0.1 HU, 0.01 dB, 0.01 mm, 0.0001 of SSIM. */
export function metricNumber({ value, unit }: Pick<MetricValue, "value" | "unit">): string {
  return fixed(value, unit === "HU" ? 1 : unit === "dB" || unit === "mm" ? 2 : 4);
}
