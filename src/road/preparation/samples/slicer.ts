import type { PatchOptions } from "./patch-options.ts";
import { PatchSampler } from "./patch-sampler.ts";
import type { Sampler } from "./sampler.ts";
import type { SliceOptions } from "./slice-options.ts";
import { SliceSampler } from "./slice-sampler.ts";

/**
 * The samplers of this library. Volumes lie on the canonical RAS grid. Axial slices have H = y, W = x; coronal H = z, W = x; sagittal H = z, W = y;
 * patches D = z, H = y, W = x. Each runs as in RAS: x to the right, y forward, z upward, so row 0 of an axial slice is posterior, and its column 0 left. Channels are ordered by image, and for each image from the lowest slice to the highest: t1 below, t1, t1 above, t2 below, ...
 *
 * @example
 * const sampler = Slicer.slices({ axis: "axial", size: [256, 256] });
 * const places = sampler.grid(t1.shape).slice(40, 43);
 * const images = [t1, t2].map((volume) => ({ volume, outside: 0 }));
 * const batch = sampler.cut(images, places, { grid: t1 }); // shape [3, 256, 256, 2]
 */
export const Slicer = {
  /** 2-D slices along one anatomical axis, or tiles of them; with `context` 2.5-D. @throws MidashError `invalid-argument` */
  slices(options: SliceOptions = {}): Sampler {
    return new SliceSampler(options);
  },
  /** 3-D patches, overlapping in synthesis, around random voxels of the anatomy in training. @throws MidashError `invalid-argument` */
  patches(options: PatchOptions = {}): Sampler {
    return new PatchSampler(options);
  },
} as const;
