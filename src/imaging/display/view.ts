import { rasWalk, type Volume } from "../volume/index.ts";

/** How a volume is cut into slices: across the long axis of the body, front from back, or left from right. */
export type SliceAxis = "axial" | "coronal" | "sagittal";

/** How the voxels of a canonical RAS grid lie in a picture: which axis runs along each side, and its voxel size in mm. */
export interface View {
  /** Voxel axis across, along and through the picture: 0 R, 1 A, 2 S. */
  readonly across: 0 | 1;
  readonly along: 1 | 2;
  readonly through: 0 | 1 | 2;
  /** Letters at the edges. */
  readonly left: string;
  readonly right: string;
  readonly top: string;
  readonly bottom: string;
}

/**
 * Radiological display: the patient's right on the left of axial and coronal pictures, anterior on the left of sagittal
 * ones; anterior at the top of axial pictures, superior at the top of the others.
 */
export const VIEWS: Readonly<Record<SliceAxis, View>> = {
  axial: { across: 0, along: 1, through: 2, left: "R", right: "L", top: "A", bottom: "P" },
  coronal: { across: 0, along: 2, through: 1, left: "R", right: "L", top: "S", bottom: "I" },
  sagittal: { across: 1, along: 2, through: 0, left: "A", right: "P", top: "S", bottom: "I" },
};

/**
 * Visits the voxels of slice `index` of the canonical RAS grid as the pixels of its picture, row by row from the top left: their places in the data, in
 * whatever order the volume has its axes. Right, anterior and superior all go to the left or the top, so both directions of the picture run against the RAS grid.
 */
export function forEachPixel(
  volume: Volume,
  { across, along, through }: View,
  index: number,
  visit: (place: number, pixel: number) => void,
): void {
  const { shape, step, start } = rasWalk(volume);
  const first = start + index * step[through];
  for (let b = shape[along] - 1, pixel = 0; b >= 0; b--)
    for (let a = shape[across] - 1; a >= 0; a--) visit(first + a * step[across] + b * step[along], pixel++);
}
