import { type Triple, Volume } from "../../imaging/volume/index.ts";
import type { SliceAxis } from "../../road/preparation/index.ts";
import type { Canvas } from "./canvas.ts";
import type { ColourMap } from "./colour-maps.ts";

/** How the voxels of a canonical RAS grid lie in a picture: which axis runs along each side, and its voxel size in mm. */
export interface View {
  /** Voxel axis across, along and through the picture: 0 R, 1 A, 2 S. */
  readonly across: 0 | 1;
  readonly along: 1 | 2;
  readonly through: 0 | 1 | 2;
  /** Letters at the left and the top edge. */
  readonly left: string;
  readonly top: string;
}

/**
 * Radiological display: the patient's right on the left of axial and coronal pictures, anterior on the left of sagittal
 * ones; anterior at the top of axial pictures, superior at the top of the others.
 */
export const VIEWS: Readonly<Record<SliceAxis, View>> = {
  axial: { across: 0, along: 1, through: 2, left: "R", top: "A" },
  coronal: { across: 0, along: 2, through: 1, left: "R", top: "S" },
  sagittal: { across: 1, along: 2, through: 0, left: "A", top: "S" },
};

/** Size in pixels of a tile of `volume` whose shorter side has at least about `minimum` pixels and whose pixels are square. */
export function tileSize(
  volume: Volume,
  view: View,
  minimum: number,
): readonly [width: number, height: number] {
  const { shape, spacing } = volume;
  const mm = [shape[view.across] * spacing[view.across], shape[view.along] * spacing[view.along]] as const;
  const finest = Math.min(spacing[view.across], spacing[view.along]);
  // Whole pixels for each finest voxel, so that nearest neighbour draws them all alike; 10 % less than asked is near enough.
  const perVoxel = Math.max(1, Math.ceil((0.9 * minimum * finest) / Math.min(...mm)));
  return [
    Math.max(1, Math.round((mm[0] / finest) * perVoxel)),
    Math.max(1, Math.round((mm[1] / finest) * perVoxel)),
  ];
}

/**
 * Draws slice `index` of a RAS volume, nearest neighbour. Right, anterior and superior voxels have the highest index, and
 * all three go to the left or the top, so both directions of the picture run against the voxels.
 */
export function drawSlice(
  canvas: Canvas,
  volume: Volume,
  view: View,
  index: number,
  place: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
  colours: ColourMap,
): void {
  const { data, scaling, shape } = volume;
  const stride: Triple = [1, shape[0], shape[0] * shape[1]];
  const voxel = (pixel: number, pixels: number, n: number) =>
    n - 1 - Math.floor(((pixel + 0.5) * n) / pixels);
  for (let r = 0; r < place.height; r++) {
    const row = index * stride[view.through] + voxel(r, place.height, shape[view.along]) * stride[view.along];
    for (let c = 0; c < place.width; c++) {
      const i = row + voxel(c, place.width, shape[view.across]) * stride[view.across];
      canvas.pixel(place.x + c, place.y + r, colours(scaling.slope * data[i]! + scaling.intercept));
    }
  }
}

/** sct - ct where both are on one grid, in HU. */
export function difference(sct: Volume, ct: Volume): Volume {
  const [a, b] = [sct.values(), ct.values()];
  const data = new Float32Array(a.length);
  for (let i = 0; i < data.length; i++) data[i] = a[i]! - b[i]!;
  return new Volume({
    shape: sct.shape,
    affine: sct.affine,
    data,
    unit: "HU",
    simulated: sct.simulated || ct.simulated,
  });
}
