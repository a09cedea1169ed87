import { type Affine, mapTriple, type Triple } from "../affine.ts";
import { storedFill } from "../padding.ts";
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
  const { shape, toSource, border, signal } = place;
  const job = { shape, fill: storedFill(volume, place.fill), signal };
  const axes = straightAxes(toSource, shape);
  if (!axes) return nearestOblique(volume.data, volume.shape, toSource, border, job);
  const { data, shape: size } = alongTarget(volume, axes);
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
  const source = axes ? alongTarget(volume, axes) : volume;
  const { shape: size } = source;
  const blur = axes ? mapTriple(axes, ({ axis }) => sigma[axis]!) : sigma;
  const fresh = source !== volume; // then it may be written to
  if (kind === "cubic") {
    const { samples, scaling } = ownFloats(source, fresh);
    smoothInPlace(samples, size, blur, signal);
    splineCoefficients(samples, size, signal);
    const job: SampleJob = { shape, scaling, fill, signal };
    return axes
      ? cubicStraight(samples, size, tablesOf(axes, size, place), job)
      : cubicOblique(samples, size, toSource, border, job);
  }
  const { samples, scaling } = smooths(size, blur)
    ? smoothed(source, blur, fresh, signal)
    : samplesOf(source);
  const job: SampleJob = { shape, scaling, fill, signal };
  return axes
    ? linearStraight(samples, size, tablesOf(axes, size, place), job)
    : linearOblique(samples, size, toSource, border, job);
}

function smoothed(
  volume: Volume,
  sigma: Triple,
  fresh: boolean,
  signal: AbortSignal | undefined,
): Readable<Float32Array> {
  const own = ownFloats(volume, fresh);
  smoothInPlace(own.samples, volume.shape, sigma, signal);
  return own;
}

type Axes = readonly [StraightAxis, StraightAxis, StraightAxis];

/** The source with its axes in memory in the order of the target's, or itself when they are; flips are left to the tables. */
function alongTarget(volume: Volume, axes: Axes): Volume {
  const from = mapTriple(axes, ({ axis }) => axis);
  if (from.every((axis, d) => axis === d)) return volume;
  return volume.with({
    data: moveAxes(volume.data, volume.shape, from, [false, false, false]),
    shape: mapTriple(from, (axis) => volume.shape[axis]!),
    scaling: volume.scaling,
  });
}

function tablesOf(axes: Axes, size: Triple, { shape, border }: Placing): [AxisTable, AxisTable, AxisTable] {
  const table = (d: 0 | 1 | 2) => axisTable(axes[d], shape[d], size[d], border);
  return [table(0), table(1), table(2)];
}
