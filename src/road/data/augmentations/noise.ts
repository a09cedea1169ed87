import { addFastRicianNoise } from "../../../imaging/artefacts/index.ts";
import type { Augmentation } from "./augmentation.ts";
import { changeInputs, extremes } from "./change-inputs.ts";
import { boundsOf, checkShare, drawn, type RandomRange } from "./settings.ts";

/** Options of `augmentations.noise`. */
export interface NoiseOptions {
  /** How often each input is changed. Default 0.15; nnU-Net adds noise to a tenth. */
  readonly share?: number;
  /** SD of the noise, as a share of the input's brightest value above its background. Default [0, 0.08]: a good image has 0.02, a bad one 0.1. */
  readonly sigma?: RandomRange;
}

/** Rician noise, as magnitudes of MR have: in the background it is brighter than nothing. */
export function noise(options: NoiseOptions = {}): Augmentation {
  const where = { call: "augmentations.noise" };
  const share = checkShare(options.share ?? 0.15, where);
  const sigma = boundsOf(options.sigma ?? 0.08, "sigma", where, { min: 0 });
  return {
    name: "noise",
    about: "adds Rician noise to inputs",
    toJSON: () => ({ name: "noise", share, sigma }),
    apply: (sample, random) =>
      changeInputs(sample, random, share, ({ channels, outside }) => {
        const sd = drawn(random, sigma) * (extremes(channels)[1] - outside);
        if (!(sd > 0)) return;
        for (const plane of channels) addFastRicianNoise(plane, sd, random, outside);
      }),
  };
}
