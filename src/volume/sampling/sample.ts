import type { Affine, Triple } from "../affine.ts";
import { smoothInPlace, smooths } from "../smooth.ts";
import type { Volume, VolumeData } from "../volume.ts";
import { type AxisTable, axisTable, type StraightAxis, straightAxes } from "./axis-table.ts";
import { cubicOblique } from "./cubic-oblique.ts";
import { cubicStraight } from "./cubic-straight.ts";
import { linearOblique } from "./linear-oblique.ts";
import { linearStraight, type SampleJob } from "./linear-straight.ts";
import { moveAxes } from "./move-axes.ts";
import { nearestOblique, nearestStraight } from "./nearest.ts";
import { ownFloats, type Readable, samplesOf } from "./samples.ts";
import { splineCoefficients } from "./spline.ts";

/** Where a target's voxels lie in a source. */
export interface Placing {
  /** Of the target. */
  readonly shape: Triple;
  /** Target voxel to source voxel. */
  readonly toSource: Affine;
  /** In the volume's unit, beyond the field of view. */
  readonly fill: number;
  /** The border's value goes on beyond the field of view; then `fill` is not used. */
  readonly border: boolean;
  readonly signal?: AbortSignal;
}

/** The nearest stored numbers, in the stored type. */
export function sampleNearest(volume: Volume, place: Placing): VolumeData {
  const { slope, intercept } = volume.scaling;
  const { shape, toSource, border, signal } = place;
  const job = { shape, fill: (place.fill - intercept) / slope, signal };
  const axes = straightAxes(toSource, shape);
  if (!axes) return nearestOblique(volume.data, volume.shape, toSource, border, job);
  const { data, shape: size } = alongTarget(volume.data, volume.shape, axes);
  return nearestStraight(data, size, tablesOf(axes, size, place), job);
}

/** Interpolated values in the volume's unit, after smoothing the source by `sigma` (in source voxels). */
export function sampleSmoothly(
  volume: Volume,
  place: Placing,
  sigma: Triple,
  kind: "linear" | "cubic",
): Float32Array {
  const { shape, toSource, border, fill, signal } = place;
  const axes = straightAxes(toSource, shape);
  if (kind === "cubic") {
    const { samples, scaling } = ownFloats(volume);
    smoothInPlace(samples, volume.shape, sigma, signal);
    splineCoefficients(samples, volume.shape, signal);
    const job: SampleJob = { shape, scaling, fill, signal };
    if (!axes) return cubicOblique(samples, volume.shape, toSource, border, job);
    const { data, shape: size } = alongTarget(samples, volume.shape, axes);
    return cubicStraight(data, size, tablesOf(axes, size, place), job);
  }
  const { samples, scaling } = smooths(volume.shape, sigma)
    ? smoothed(volume, sigma, signal)
    : samplesOf(volume);
  const job: SampleJob = { shape, scaling, fill, signal };
  if (!axes) return linearOblique(samples, volume.shape, toSource, border, job);
  const { data, shape: size } = alongTarget(samples, volume.shape, axes);
  return linearStraight(data, size, tablesOf(axes, size, place), job);
}

function smoothed(volume: Volume, sigma: Triple, signal: AbortSignal | undefined): Readable<Float32Array> {
  const own = ownFloats(volume);
  smoothInPlace(own.samples, volume.shape, sigma, signal);
  return own;
}

type Axes = readonly [StraightAxis, StraightAxis, StraightAxis];

/** The source with its axes in the order of the target's; flips are left to the tables. */
function alongTarget<T extends VolumeData>(data: T, shape: Triple, axes: Axes): { data: T; shape: Triple } {
  const from = axes.map(({ axis }) => axis) as unknown as Triple;
  if (from.every((axis, d) => axis === d)) return { data, shape };
  return {
    data: moveAxes(data, shape, from, [false, false, false]) as T,
    shape: from.map((axis) => shape[axis]!) as unknown as Triple,
  };
}

function tablesOf(axes: Axes, size: Triple, { shape, border }: Placing): [AxisTable, AxisTable, AxisTable] {
  const table = (d: 0 | 1 | 2) => axisTable(axes[d], shape[d], size[d], border);
  return [table(0), table(1), table(2)];
}
