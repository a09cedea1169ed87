import { assert } from "../../base/errors/index.ts";
import { onAxial } from "./body-mask.ts";
import { fillHoles, keepLargestComponent } from "./components.ts";
import { extract } from "./crop-pad.ts";
import { dilate, erode } from "./morphology.ts";
import { otsuThreshold } from "./otsu.ts";
import type { Volume } from "./volume.ts";

/** As SimpleITK's `OtsuThreshold`, which the recipe calls with its defaults. */
const BINS = 128;
/** ITK's ball of radius r has axes of 2 r + 1 voxels. */
const BALL = { beyond: 0.5 };
const CLOSING = 12;

/**
 * The body mask of the SynthRAD challenges, from an MR or CT: Otsu's threshold (1979, 128 bins), grown by (10, 10, 1) voxels, largest
 * component (faces touch), closed by 12, grown by (10, 10, 0), holes filled in space. The radii are voxels, as in the recipe, which is meant for
 * 1 mm; x, y and z are those of the RAS grid. Written from the published description of the steps.
 *
 * It is generous: some 20 voxels larger than the body in the plane. {@link bodyMask} and {@link foregroundMask} follow it closely.
 *
 * @returns a Uint8 volume of 0 and 1 on the same grid
 * @throws MidashError `invalid-argument` when the volume is constant
 */
export function synthradMask(volume: Volume): Volume {
  const threshold = otsuThreshold(volume.values(), BINS);
  return onAxial(volume, (ras) => {
    const values = ras.values();
    const mask = new Uint8Array(values.length);
    for (let i = 0; i < mask.length; i++) mask[i] = values[i]! > threshold ? 1 : 0;
    dilate(mask, ras.shape, [10, 10, 1], BALL);
    assert(keepLargestComponent(mask, ras.shape, 6) > 0, "the volume is constant, so it has no body", {
      where: { call: "synthradMask" },
    });
    const closed = close(ras.with({ data: mask }));
    dilate(closed, ras.shape, [10, 10, 0], BALL);
    fillHoles(closed, ras.shape);
    return closed;
  });
}

/** With room around: closed within the volume, the mask would stick to a border nearby. */
function close(mask: Volume): Uint8Array {
  const r = CLOSING;
  const [nx, ny, nz] = mask.shape;
  const wide = extract(mask, [-r, -r, -r], [nx + 2 * r, ny + 2 * r, nz + 2 * r], { fill: 0 });
  const data = wide.data as Uint8Array;
  dilate(data, wide.shape, [r, r, r], BALL);
  erode(data, wide.shape, [r, r, r], BALL);
  return extract(wide, [r, r, r], mask.shape).data as Uint8Array;
}
