import { assert } from "../../../base/errors/index.ts";
import { type Grid, orientationOf, type Triple } from "../../../imaging/volume/index.ts";
import type { Rectangle } from "./rectangle.ts";
import type { Place } from "./sampler.ts";

/** How samples lie on a volume, along depth, height and width of samples. A slice is a sample of depth 1. */
export interface Layout {
  /** Voxels of the volume. */
  readonly extent: Triple;
  /** Steps to the next voxel in x-fastest data. */
  readonly stride: Triple;
  /** Voxels of a sample: of the window, where it is resized. */
  readonly size: Triple;
  /** First voxels of all samples: places are the Cartesian product. */
  readonly starts: readonly [readonly number[], readonly number[], readonly number[]];
  /** Whether whole slices are interpolated to `size`. */
  readonly resizes: boolean;
}

/** `values`, one for each of x, y and z, in the order of `axes` (0 x, 1 y, 2 z). */
export function along(values: Triple, axes: Triple): Triple {
  return [values[axes[0]]!, values[axes[1]]!, values[axes[2]]!];
}

/** Steps to the next voxel along x, y and z. */
export function stridesOf(shape: Triple): Triple {
  return [1, shape[0], shape[0] * shape[1]];
}

/** All places, the last axis fastest. */
export function placesOf({ starts: [ds, ys, xs] }: Layout): Place[] {
  return ds.flatMap((d) => ys.flatMap((y) => xs.map((x): Place => [d, y, x])));
}

/** The plane of height and width at one depth. */
export function planeAt({ stride: [depth, row, column] }: Pick<Layout, "stride">, d: number): Rectangle {
  return { start: d * depth, row, column };
}

/** @throws MidashError `invalid-argument` */
export function assertCanonical({ affine }: Grid): void {
  const orientation = orientationOf(affine);
  assert(orientation === "RAS", `samples are cut on the canonical RAS grid, this volume is ${orientation}`, {
    where: { call: "Slicer" },
    hint: 'call reorient(volume, "RAS") first',
  });
}
