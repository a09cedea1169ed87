import type { Affine, Triple } from "../affine.ts";
import { smoothInPlace, smooths } from "../smooth.ts";
import type { Scaling, Volume, VolumeData } from "../volume.ts";
import { type AxisTable, axisTable, type StraightAxis, straightAxes } from "./axis-table.ts";
import { cubicOblique } from "./cubic-oblique.ts";
import { cubicStraight } from "./cubic-straight.ts";
import { linearOblique } from "./linear-oblique.ts";
import { linearStraight, type SampleJob } from "./linear-straight.ts";
import { moveAxes } from "./move-axes.ts";
import { nearestOblique, nearestStraight } from "./nearest.ts";
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
  const smoothed = smooths(volume.shape, sigma);
  let source: VolumeData = volume.data;
  let { scaling } = volume;
  if (smoothed || kind === "cubic" || !axes) {
    const own = smoothed || kind === "cubic";
    ({ source, scaling } = floats(volume, own));
    if (smoothed) smoothInPlace(source as Float32Array, volume.shape, sigma, signal);
    if (kind === "cubic") splineCoefficients(source as Float32Array, volume.shape, signal);
  }
  const job: SampleJob = { shape, scaling, fill, signal };
  if (!axes) {
    const oblique = kind === "cubic" ? cubicOblique : linearOblique;
    return oblique(source as Float32Array, volume.shape, toSource, border, job);
  }
  const { data, shape: size } = alongTarget(source, volume.shape, axes);
  const tables = tablesOf(axes, size, place);
  return kind === "cubic"
    ? cubicStraight(data as Float32Array, size, tables, job)
    : linearStraight(data, size, tables, job);
}

type Axes = readonly [StraightAxis, StraightAxis, StraightAxis];

/** The source with its axes in the order of the target's; flips are left to the tables. */
function alongTarget(data: VolumeData, shape: Triple, axes: Axes): { data: VolumeData; shape: Triple } {
  const from = axes.map(({ axis }) => axis) as unknown as Triple;
  if (from.every((axis, d) => axis === d)) return { data, shape };
  return {
    data: moveAxes(data, shape, from, [false, false, false]),
    shape: from.map((axis) => shape[axis]!) as unknown as Triple,
  };
}

function tablesOf(axes: Axes, size: Triple, { shape, border }: Placing): [AxisTable, AxisTable, AxisTable] {
  const table = (d: 0 | 1 | 2) => axisTable(axes[d], shape[d], size[d], border);
  return [table(0), table(1), table(2)];
}

/**
 * The stored numbers in float32. 8- and 16-bit integers fit it exactly and keep their scaling; wider types are scaled first, in double
 * precision, so that a large intercept loses nothing.
 *
 * @param own when the result will be written to
 */
function floats(volume: Volume, own: boolean): { source: Float32Array; scaling: Scaling } {
  const { data, scaling } = volume;
  if (data instanceof Float32Array) return { source: own ? data.slice() : data, scaling };
  if (data.BYTES_PER_ELEMENT <= 2) return { source: new Float32Array(data), scaling };
  return { source: volume.values(), scaling: { slope: 1, intercept: 0 } }; // a new array for these types
}
