import { mapTriple, smoothInPlace } from "../../../imaging/volume/index.ts";
import type { Augmentation } from "./augmentation.ts";
import { changeInputs } from "./change-inputs.ts";
import { boundsOf, checkShare, drawn, type RandomRange } from "./settings.ts";

/** Options of `augmentations.blur`. */
export interface BlurOptions {
  /** How often each input is changed. Default 0.2, as nnU-Net. */
  readonly share?: number;
  /** SD of the Gaussian along each axis, mm. Default [0.5, 1]: nnU-Net's in voxels, which are mostly near 1 mm. TorchIO takes up to 2 mm. */
  readonly sigma?: RandomRange;
}

/** Blurs inputs by a Gaussian, as far in mm along each axis whatever the size of voxels. */
export function blur(options: BlurOptions = {}): Augmentation {
  const where = { call: "augmentations.blur" };
  const share = checkShare(options.share ?? 0.2, where);
  const sigma = boundsOf(options.sigma ?? [0.5, 1], "sigma", where, { min: 0 });
  return {
    name: "blur",
    about: "blurs inputs by a Gaussian",
    toJSON: () => ({ name: "blur", share, sigma }),
    apply: (sample, random) =>
      changeInputs(sample, random, share, ({ channels, shape, spacing }) => {
        const mm = drawn(random, sigma);
        for (const plane of channels)
          smoothInPlace(
            plane,
            shape,
            mapTriple(spacing, (voxel) => mm / voxel),
          );
      }),
  };
}
