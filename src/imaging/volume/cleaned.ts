import type { Triple } from "./affine.ts";
import { quantiles } from "./order-statistics.ts";
import { finiteValues } from "./statistics.ts";
import { OUTLIERS, usualRange } from "./usual-range.ts";
import type { Volume } from "./volume.ts";

/** An MR without what is no signal of it, and how much that was. */
export interface Cleaned {
  /** The very volume, where there was nothing to do. */
  readonly volume: Volume;
  /** NaN voxels, now background. */
  readonly nan: number;
  /** Voxels far beyond the {@link usualRange}, now as their neighbours are. */
  readonly outliers: number;
  /** What NaN became, in the volume's unit. */
  readonly background: number;
}

/**
 * An MR with NaN as background, as brain extraction, masking and resampling by SPM and others mean it, and spikes as their neighbours. Spikes are to be
 * gone before an image is resampled, which makes blobs of them. Infinite voxels stay: they may be bright as well as nothing.
 */
export function cleaned(volume: Volume): Cleaned {
  const { finite, nonFinite } = finiteValues(volume);
  if (finite.length === 0) return { volume, nan: 0, outliers: 0, background: 0 };
  const [low, high] = usualRange(finite);
  const values = volume.values();
  const background = nonFinite > 0 ? nothing(finite) : low;
  let data: Float32Array | undefined;
  let nan = 0;
  let outliers = 0;
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!;
    if ((v >= low && v <= high) || Math.abs(v) === Number.POSITIVE_INFINITY) continue;
    const wrong = Number.isNaN(v);
    data ??= values.slice();
    if (wrong) nan++;
    else outliers++;
    const near = wrong
      ? undefined
      : middle(neighbours(values, i, volume.shape).filter((n) => n >= low && n <= high));
    data[i] = wrong ? background : (near ?? Math.min(high, Math.max(low, v)));
  }
  return { volume: data ? volume.with({ data }) : volume, nan, outliers, background };
}

/** Where the background was cut out, what is left begins with the darkest tissue: less than half of the range above 0, that was the scale's zero. */
function nothing(finite: Float32Array): number {
  const [low, high] = quantiles(finite, [OUTLIERS, 1 - OUTLIERS]) as [number, number];
  return low >= 0 && low < (high - low) / 2 ? 0 : low;
}

function neighbours(values: Float32Array, i: number, [nx, ny, nz]: Triple): number[] {
  const x = i % nx;
  const y = Math.floor(i / nx) % ny;
  const z = Math.floor(i / (nx * ny));
  const near: number[] = [];
  if (x > 0) near.push(values[i - 1]!);
  if (x < nx - 1) near.push(values[i + 1]!);
  if (y > 0) near.push(values[i - nx]!);
  if (y < ny - 1) near.push(values[i + nx]!);
  if (z > 0) near.push(values[i - nx * ny]!);
  if (z < nz - 1) near.push(values[i + nx * ny]!);
  return near;
}

/** The median; undefined of nothing. */
function middle(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1];
}
