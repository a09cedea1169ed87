import type { Triple } from "../../../../imaging/volume/index.ts";

/** Places of a row of voxels, in mm from the sample's middle along depth, height and width. */
export interface Places {
  readonly depth: Float64Array;
  readonly height: Float64Array;
  readonly width: Float64Array;
}

/** A sample's voxels, slowest axis first. */
export interface Extent {
  readonly shape: Triple;
  /** mm */
  readonly spacing: Triple;
}

/** Whether depth, height and width go from the last voxel to the first. */
export type Mirrored = readonly [boolean, boolean, boolean];

/** Takes places of a row where the next move before it reads them. */
export interface Mover {
  /** Places are those of the grid itself when this is the first mover: row j of plane k. */
  move(places: Places, k: number, j: number): void;
}

export function middle(n: number): number {
  return (n - 1) / 2;
}

/** @param matrix three rows of four */
export function affineMover(matrix: readonly number[]): Mover {
  const [a, b, c, d, e, f, g, h, i, j, k, l] = matrix as readonly number[] & { readonly length: 12 };
  return {
    move({ depth, height, width }) {
      for (let v = 0; v < width.length; v++) {
        const [p, q, r] = [depth[v]!, height[v]!, width[v]!];
        depth[v] = a! * p + b! * q + c! * r + d!;
        height[v] = e! * p + f! * q + g! * r + h!;
        width[v] = i! * p + j! * q + k! * r + l!;
      }
    },
  };
}
