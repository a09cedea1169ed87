import { toBase64 } from "../../base/bytes/index.ts";
import { forEachPixel, type View } from "../../imaging/display/index.ts";
import type { Volume } from "../../imaging/volume/index.ts";
import type { Palette } from "./palette.ts";

/** One image of a viewer: MR, sCT, CT, error, classes or uncertainty. */
export interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly volume: Volume;
  readonly palette: Palette;
  /** Values with a label at the colour bar. */
  readonly ticks: readonly number[];
  /** Of labels: what each is called, in place of a colour bar. */
  readonly names?: readonly string[];
}

/** Slice `index` of a RAS volume as a PNG in base64, one pixel a voxel. */
export async function panelPng({ volume, palette }: Panel, view: View, index: number): Promise<string> {
  const { data: voxels, scaling, shape } = volume;
  const [width, height] = [shape[view.across], shape[view.along]];
  const data = new Uint8Array(width * height);
  forEachPixel(volume, view, index, (place, pixel) => {
    data[pixel] = palette.indexOf(scaling.slope * voxels[place]! + scaling.intercept);
  });
  return base64Png({ width, height, data }, palette);
}

/** Places in a palette, row by row, as a PNG in base64. */
export async function base64Png(
  image: { readonly width: number; readonly height: number; readonly data: Uint8Array },
  { colours }: Palette,
): Promise<string> {
  const { encode } = await import("fast-png"); // ESM only, as in montage.ts
  return toBase64(encode({ ...image, channels: 1, depth: 8, palette: colours }, { zlib: { level: 6 } }));
}
