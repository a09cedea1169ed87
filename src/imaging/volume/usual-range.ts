import { quantiles } from "./order-statistics.ts";
import { finiteValues } from "./statistics.ts";
import type { Volume } from "./volume.ts";

/** Share of the voxels at either end that may be outliers: a handful of spikes in a head of a million voxels, with room. */
export const OUTLIERS = 0.0005;

/**
 * The lowest and the highest value, outliers aside: what lies further beyond the middle 99.9 % of the values than these are wide does not count.
 * Without outliers it is the range to the last bit. Spikes (32767 in an MR that ends at 140) would else stretch histograms and scales until all
 * tissue falls into one bin.
 *
 * @param values finite, at least one
 */
export function usualRange(values: ArrayLike<number>): readonly [low: number, high: number] {
  const floats = values instanceof Float32Array ? values : Float32Array.from(values);
  const [low, high] = quantiles(floats, [OUTLIERS, 1 - OUTLIERS]) as [number, number];
  const width = high - low || Number.POSITIVE_INFINITY; // nearly constant: what differs is all that there is
  let min = low;
  let max = high;
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!;
    if (v < min && v >= low - width) min = v;
    if (v > max && v <= high + width) max = v;
  }
  return [min, max];
}

/**
 * The value of an image where it shows nothing: its lowest, but for outliers and NaN. Scaled and shifted intensities have it scaled and shifted
 * likewise, unlike 0. Of an image without a finite voxel 0.
 */
export function backgroundOf(volume: Volume): number {
  const { finite } = finiteValues(volume);
  return finite.length > 0 ? quantiles(finite, [OUTLIERS])[0]! : 0;
}
