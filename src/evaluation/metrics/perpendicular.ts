import { assert, type Where } from "../../base/errors/index.ts";
import type { Volume } from "../../imaging/volume/index.ts";

/** Lengths along voxel axes are spacings only where the axes are perpendicular. */
export function assertPerpendicular({ affine, spacing }: Volume, where: Where): void {
  for (const [p, q] of [
    [0, 1],
    [0, 2],
    [1, 2],
  ] as const) {
    const dot = [0, 4, 8].reduce((total, row) => total + affine[row + p]! * affine[row + q]!, 0);
    assert(
      Math.abs(dot) <= 1e-4 * spacing[p] * spacing[q],
      "distances need perpendicular voxel axes, this grid is sheared",
      { where, hint: "resample onto a straight grid first" },
    );
  }
}
