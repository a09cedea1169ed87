import type { MetricValue } from "./report.ts";

/** 10 log10(range² / mse) in dB; infinite, and why, for identical images. */
export function psnrOf(
  mse: number,
  [low, high]: readonly [number, number],
): Pick<MetricValue, "value" | "why" | "unit"> {
  return mse === 0
    ? { value: Number.POSITIVE_INFINITY, unit: "dB", why: "prediction and reference are identical" }
    : { value: 10 * Math.log10((high - low) ** 2 / mse), unit: "dB" };
}

/**
 * Clips values inside the mask to `low`…`high`, counts from `low`, and writes 0 outside.
 *
 * @returns the sum of squared differences of what was clipped
 */
export function clipSlice(
  x: Float64Array,
  y: Float64Array,
  from: number,
  to: number,
  inside: Uint8Array | undefined,
  offset: number,
  low: number,
  high: number,
): number {
  let squared = 0;
  for (let p = from; p < to; p++) {
    if (inside && !inside[offset + p]) {
      x[p] = 0;
      y[p] = 0;
      continue;
    }
    const u = x[p]!;
    const v = y[p]!;
    const a = u < low ? 0 : u > high ? high - low : u - low;
    const b = v < low ? 0 : v > high ? high - low : v - low;
    x[p] = a;
    y[p] = b;
    squared += (a - b) * (a - b);
  }
  return squared;
}
