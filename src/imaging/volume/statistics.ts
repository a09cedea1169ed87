import { assert } from "../../base/errors/index.ts";
import { assertSameGrid } from "./grid.ts";
import { maskBytes } from "./mask-bytes.ts";
import { isShort, quantiles, quantilesOfShort } from "./order-statistics.ts";
import type { Volume } from "./volume.ts";

/** No value of 16 bits is as large. */
const BEYOND = 65_536;

/** Summary of the values of a volume, in its unit. */
export interface Statistics {
  readonly voxels: number;
  /** Voxels left out because they are NaN or infinite. */
  readonly nonFinite: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Population standard deviation. */
  readonly sd: number;
  readonly median: number;
}

/** Statistics over the whole volume, or where `mask` is above 0. NaN and infinite voxels are counted, not used. */
export function statistics(volume: Volume, options: { readonly mask?: Volume } = {}): Statistics {
  const values = finiteValues(volume, options.mask);
  assert(values.finite.length > 0, "no finite voxel to take statistics of", {
    where: { call: "statistics" },
  });
  const { finite, nonFinite } = values;
  let sum = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < finite.length; i++) {
    const v = finite[i]!;
    sum += v;
    if (v < min) min = v;
    if (v > max) max = v;
  }
  const mean = sum / finite.length;
  let squares = 0;
  for (let i = 0; i < finite.length; i++) squares += (finite[i]! - mean) ** 2;
  return {
    voxels: finite.length,
    nonFinite,
    min,
    max,
    mean,
    sd: Math.sqrt(squares / finite.length),
    median: quantiles(finite, [0.5])[0]!,
  };
}

/** The values at `percents` (0 to 100), linear between order statistics as NumPy's default. */
export function percentiles(
  volume: Volume,
  percents: readonly number[],
  options: { readonly mask?: Volume } = {},
): number[] {
  for (const p of percents)
    assert(p >= 0 && p <= 100, `percentiles lie in 0 to 100, got ${p}`, { where: { call: "percentiles" } });
  const shares = percents.map((p) => p / 100);
  const { data } = volume;
  const { slope, intercept } = volume.scaling;
  const meaning = (stored: number) => Math.fround(slope * stored + intercept);
  if (!options.mask && isShort(data) && Number.isFinite(meaning(-BEYOND) - meaning(BEYOND)))
    return quantilesOfShort(data, shares, meaning);
  const { finite } = finiteValues(volume, options.mask);
  assert(finite.length > 0, "no finite voxel to take percentiles of", { where: { call: "percentiles" } });
  return quantiles(finite, shares);
}

/** Linear interpolation between order statistics (NumPy's default method). `q` in 0 to 1. */
export function quantileOfSorted(sorted: ArrayLike<number>, q: number): number {
  const place = (sorted.length - 1) * q;
  const low = Math.floor(place);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low]! + (sorted[high]! - sorted[low]!) * (place - low);
}

/**
 * The finite values of a volume, where `mask` is above 0 if there is one, and how many it leaves out for being NaN or infinite. To read
 * only: without a mask they can be the volume's own.
 */
export function finiteValues(
  volume: Volume,
  mask?: Volume,
): { readonly finite: Float32Array; readonly nonFinite: number } {
  if (mask) assertSameGrid(volume, mask, ["volume", "mask"]);
  const inside = mask && maskBytes(mask);
  const values = volume.values();
  if (!inside && countFinite(values) === values.length) return { finite: values, nonFinite: 0 };
  const finite = new Float32Array(values.length);
  let n = 0;
  let nonFinite = 0;
  for (let i = 0; i < values.length; i++) {
    if (inside && !inside[i]) continue;
    const v = values[i]!;
    if (v - v === 0) finite[n++] = v;
    else nonFinite++;
  }
  return { finite: finite.subarray(0, n), nonFinite };
}

/** v - v is 0 but for NaN and ±Infinity. */
function countFinite(values: Float32Array): number {
  let n = 0;
  for (let i = 0; i < values.length; i++) if (values[i]! - values[i]! === 0) n++;
  return n;
}
