import { type ColourMap, paintSlice, type View } from "../../imaging/display/index.ts";
import { Volume } from "../../imaging/volume/index.ts";
import type { Canvas } from "./canvas.ts";

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

/** Draws slice `index`, nearest neighbour. */
export function drawSlice(
  canvas: Canvas,
  volume: Volume,
  view: View,
  index: number,
  place: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
  colours: ColourMap,
): void {
  const { data, width, height } = paintSlice(volume, view, index, colours);
  const nearest = (pixel: number, pixels: number, n: number) => Math.floor(((pixel + 0.5) * n) / pixels);
  for (let r = 0; r < place.height; r++)
    for (let c = 0; c < place.width; c++) {
      const at = 4 * (nearest(c, place.width, width) + width * nearest(r, place.height, height));
      canvas.pixel(place.x + c, place.y + r, [data[at]!, data[at + 1]!, data[at + 2]!]);
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
