import { assert } from "../../../base/errors/index.ts";
import { assertSameGrid, type Volume } from "../../../imaging/volume/index.ts";
import type { Batch } from "../../../networks/models/index.ts";
import type { SubjectImage } from "../subject.ts";
import { assertCanonical, type Layout, planeAt } from "./layout.ts";
import { type Plane, resize } from "./plane.ts";
import { at, copyPixels, copyScaled, dense, fillPixels, type Rectangle } from "./rectangle.ts";
import type { CutOptions, Place } from "./sampler.ts";
import { sharedBy } from "./windows.ts";

/**
 * Cuts samples of depth `size[0]` out of images; what lies outside has each image's own value.
 *
 * @param shape of one sample without its channels, [H, W] or [D, H, W]
 */
export function cutSamples(
  images: readonly (SubjectImage | undefined)[],
  places: readonly Place[],
  layout: Layout,
  shape: readonly number[],
  options: CutOptions & { readonly context: number },
): Batch {
  const { grid, context, how = "linear" } = options;
  assert(images.length > 0 && places.length > 0, "needs at least one image and one place", {
    where: { call: "Slicer.cut" },
  });
  assertCanonical(grid);
  for (const [c, image] of images.entries())
    if (image) assertSameGrid(grid, image.volume, ["the grid", `image ${c}`]);
  const [depth, height, width] = layout.size;
  const taken = 2 * context + 1;
  const channels = images.length * taken;
  const plane = height * width * channels;
  const last = layout.extent[0] - 1;
  const data = new Float32Array(places.length * depth * plane);
  for (const [n, place] of places.entries()) {
    assertPlace(place, layout);
    for (const [v, image] of images.entries())
      for (let c = 0; image && c < taken; c++)
        for (let d = 0; d < depth; d++) {
          const start = (n * depth + d) * plane + v * taken + c;
          const slot = { start, row: width * channels, column: channels };
          const near = place[0] + d + c - context;
          const slice = context > 0 ? Math.min(last, Math.max(0, near)) : near;
          cutPlane(image, slice, place, layout, { data, slot, how });
        }
  }
  const batch = { data, shape: [places.length, ...shape, channels] };
  if (images.every((image) => image)) return batch;
  const present = Uint8Array.from({ length: places.length * images.length }, (_, i) =>
    images[i % images.length] ? 1 : 0,
  );
  return { ...batch, present };
}

/** Writes one plane of a sample to `slot` of `data`, which holds zeros there. */
function cutPlane(
  { volume, outside }: SubjectImage,
  slice: number,
  [, top, left]: Place,
  layout: Layout,
  to: { readonly data: Float32Array; readonly slot: Rectangle; readonly how: "nearest" | "linear" },
): void {
  const [slices, height, width] = layout.extent;
  const [, ...size] = layout.size;
  const { data: values, scaling }: Volume = volume;
  const plane = planeAt(layout, slice);
  const stored = scaling.slope === 1 && scaling.intercept === 0;
  if (layout.resizes) {
    let source: Plane = { data: values, ...plane, height, width };
    if (!stored) {
      const scaled = new Float32Array(height * width);
      copyScaled(values, plane, scaled, dense(width), [height, width], scaling);
      source = { data: scaled, ...dense(width), height, width };
    }
    copyPixels(resize(source, size, to.how), dense(size[1]), to.data, to.slot, size);
    return;
  }
  const beside = slice < 0 || slice >= slices;
  const { inWindow, inPlane, size: shared } = sharedBy({ top, left }, size, [height, width]);
  if (outside !== 0 && (beside || shared[0] < size[0] || shared[1] < size[1]))
    fillPixels(to.data, to.slot, size, outside);
  if (beside) return;
  const from = at(plane, inPlane.y, inPlane.x);
  const target = at(to.slot, inWindow.y, inWindow.x);
  if (stored) copyPixels(values, from, to.data, target, shared);
  else copyScaled(values, from, to.data, target, shared, scaling);
}

function assertPlace(place: Place, { extent, size: [depth] }: Layout): void {
  const [slice] = place;
  assert(
    place.every(Number.isInteger) && (depth > 1 || (slice >= 0 && slice < extent[0])),
    `the place [${place.join(", ")}] is outside a volume of ${extent.join("×")} voxels`,
    { where: { call: "Slicer.cut" }, hint: "use places of the sampler's grid or draw" },
  );
}
