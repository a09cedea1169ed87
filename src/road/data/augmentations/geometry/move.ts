import type { Triple } from "../../../../imaging/volume/index.ts";
import type { Sampler } from "../../../preparation/index.ts";

/**
 * How an augmentation moves the voxels of a sample: where each voxel of the result is read. Axes are those of the sample, depth, height and width; a slice
 * has one voxel of depth.
 */
export type Move = FlipMove | AffineMove | ElasticMove;

/** Mirrored along an axis: 0 depth, 1 height, 2 width. */
export interface FlipMove {
  readonly kind: "flip";
  readonly axis: 0 | 1 | 2;
}

/** Read through an affine. */
export interface AffineMove {
  readonly kind: "affine";
  /** Three rows of four: from places of the result to places of the sample, in mm from its middle. */
  readonly matrix: readonly number[];
}

/** Read beside their places, as far as a cubic B-spline over control points says. */
export interface ElasticMove {
  readonly kind: "elastic";
  /**
   * Control points along depth, height and width, of which all but three intervals span the sample and an eighth of a voxel more on each side, as
   * ITK's BSplineTransformInitializer does; 1 for the depth of a slice.
   */
  readonly points: Triple;
  /** mm along depth, height and width at each control point, width fastest. */
  readonly shifts: readonly [Float64Array, Float64Array, Float64Array];
}

/** Which of x, y and z (0 to 2) the depth, height and width of a sample are; a slice's depth is the axis across it. */
export function worldAxes(axes: Sampler["axes"]): Triple {
  const at = axes.map((axis) => "xyz".indexOf(axis));
  const [first, second, third] = at as [number, number, number?];
  return third === undefined ? [3 - first - second, first, second] : [first, second, third];
}

/** The last pixel axes of a shape, with a depth of 1 for a slice. @param shape [1, (D,) H, W, ...] without channels */
export function depthHeightWidth(pixels: readonly number[]): Triple {
  const [a, b, c] = pixels as [number, number, number?];
  return c === undefined ? [1, a, b] : [a, b, c];
}
