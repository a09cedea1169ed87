import type { Triple } from "./affine.ts";

/** A box of whole voxels of a grid. */
export interface VoxelBox {
  /** Where its first voxel lies in the grid. */
  readonly low: Triple;
  readonly shape: Triple;
}

/**
 * The smallest box that holds every voxel that is not 0; `undefined` when there is none.
 *
 * @param mask x fastest
 */
export function boundingBox(mask: ArrayLike<number>, [nx, ny, nz]: Triple): VoxelBox | undefined {
  let [x0, x1, y0, y1, z0, z1] = [nx, 0, ny, 0, nz, 0];
  for (let k = 0, start = 0; k < nz; k++)
    for (let j = 0; j < ny; j++, start += nx) {
      let first = 0;
      while (first < nx && !mask[start + first]) first++;
      if (first === nx) continue;
      let last = nx - 1;
      while (!mask[start + last]) last--;
      if (first < x0) x0 = first;
      if (last >= x1) x1 = last + 1;
      if (j < y0) y0 = j;
      if (j >= y1) y1 = j + 1;
      if (k < z0) z0 = k;
      z1 = k + 1;
    }
  return z1 === 0 ? undefined : { low: [x0, y0, z0], shape: [x1 - x0, y1 - y0, z1 - z0] };
}
