/** Rows and columns of an axial slice: x0 ≤ x < x1, y0 ≤ y < y1. */
export interface Region {
  readonly x0: number;
  readonly x1: number;
  readonly y0: number;
  readonly y1: number;
}

/** A box of voxels: a {@link Region} of slices z0 ≤ z < z1. */
export interface Box extends Region {
  readonly z0: number;
  readonly z1: number;
}

/** The smallest box that holds every voxel that is not 0 (the whole volume without `inside`); undefined when there is none. */
export function boxOf(inside: Uint8Array | undefined, shape: readonly number[]): Box | undefined {
  const [nx, ny, nz] = shape as [number, number, number];
  if (!inside) return { x0: 0, x1: nx, y0: 0, y1: ny, z0: 0, z1: nz };
  let [x0, x1, y0, y1, z0, z1] = [nx, 0, ny, 0, nz, 0];
  for (let k = 0, start = 0; k < nz; k++)
    for (let j = 0; j < ny; j++, start += nx) {
      let first = 0;
      while (first < nx && !inside[start + first]) first++;
      if (first === nx) continue;
      let last = nx - 1;
      while (!inside[start + last]) last--;
      if (first < x0) x0 = first;
      if (last >= x1) x1 = last + 1;
      if (j < y0) y0 = j;
      if (j >= y1) y1 = j + 1;
      if (k < z0) z0 = k;
      z1 = k + 1;
    }
  return z1 === 0 ? undefined : { x0, x1, y0, y1, z0, z1 };
}

/** `region` with `margin` more on each side, cut to a plane of nx · ny. */
export function grown(region: Region, margin: number, nx: number, ny: number): Region {
  return {
    x0: Math.max(0, region.x0 - margin),
    x1: Math.min(nx, region.x1 + margin),
    y0: Math.max(0, region.y0 - margin),
    y1: Math.min(ny, region.y1 + margin),
  };
}
