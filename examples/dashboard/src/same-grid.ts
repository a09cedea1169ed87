import type { Volume } from "@midash/core";

/** Whether voxel n of both lies at the same place. */
export function sameGridAs(a: Volume, b: Volume): boolean {
  return (
    String(a.shape) === String(b.shape) && a.affine.every((value, n) => Math.abs(value - b.affine[n]!) < 1e-3)
  );
}
