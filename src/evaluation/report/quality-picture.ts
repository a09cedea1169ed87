import { toBase64 } from "../../base/bytes/index.ts";
import { displayWindow, forEachPixel, VIEWS } from "../../imaging/display/index.ts";
import type { Volume } from "../../imaging/volume/index.ts";

/** Pixels of a field of the checkerboard. */
const FIELD = 12;
/** Between tiles. */
const GAP = 2;

/**
 * A case at a glance: above the middle axial slice, below the middle sagittal one; from left to right the MR, the CT, and both as a checkerboard, in whose fields
 * edges go on where the two lie on each other.
 *
 * @param images on one canonical grid with cubic voxels. One that is missing is black
 * @returns a PNG in base64
 */
export async function qualityPicture({
  mr,
  ct,
}: {
  readonly mr?: Volume;
  readonly ct?: Volume;
}): Promise<string> {
  const like = mr ?? ct;
  if (!like) return "";
  const views = [VIEWS.axial, VIEWS.sagittal];
  const sizes = views.map(({ across, along }) => [like.shape[across], like.shape[along]] as const);
  const tile = Math.max(...sizes.map(([across]) => across));
  const width = 3 * tile + 2 * GAP;
  const height = sizes.reduce((sum, [, along]) => sum + along, GAP);
  const data = new Uint8Array(width * height);
  const shades = [mr, ct].map((one) => (one ? shadeIn(one) : () => 0));
  let top = 0;
  for (const [n, view] of views.entries()) {
    const [across, along] = sizes[n]!;
    const left = Math.floor((tile - across) / 2);
    forEachPixel(like, view, Math.floor(like.shape[view.through] / 2), (place, pixel) => {
      const [x, y] = [pixel % across, Math.floor(pixel / across)];
      const field = (Math.floor(x / FIELD) + Math.floor(y / FIELD)) % 2;
      const at = left + x + width * (top + y);
      data[at] = shades[0]!(place);
      data[at + tile + GAP] = shades[1]!(place);
      data[at + 2 * (tile + GAP)] = shades[field]!(place);
    });
    top += along + GAP;
  }
  const { encode } = await import("fast-png"); // ESM only, as in montage.ts
  return toBase64(encode({ width, height, data, channels: 1, depth: 8 }, { zlib: { level: 6 } }));
}

/** How bright a voxel is, from 0 to 255: HU in a wide window, anything else by its percentiles. */
function shadeIn(volume: Volume): (place: number) => number {
  const { low, high } = displayWindow(volume);
  const values = volume.values();
  return (place) => 255 * Math.min(1, Math.max(0, (values[place]! - low) / (high - low)));
}
