import { boundingBox, type Triple } from "../../imaging/volume/index.ts";

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
export function boxOf(inside: Uint8Array | undefined, shape: Triple): Box | undefined {
  const box = inside ? boundingBox(inside, shape) : { low: [0, 0, 0] as const, shape };
  if (!box) return undefined;
  const [x0, y0, z0] = box.low;
  const [nx, ny, nz] = box.shape;
  return { x0, x1: x0 + nx, y0, y1: y0 + ny, z0, z1: z0 + nz };
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
