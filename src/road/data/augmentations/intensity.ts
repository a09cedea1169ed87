import { powerFunction } from "../../../imaging/artefacts/index.ts";
import type { Augmentation } from "./augmentation.ts";
import { changeValues } from "./change-inputs.ts";
import { boundsOf, checkShare, drawn, type RandomRange } from "./settings.ts";

/** Options of `augmentations.intensity`. */
export interface IntensityOptions {
  /** How often each input is changed. Default 1: by so little, always. */
  readonly share?: number;
  /** Factor of values, 1 changing nothing. Default 0.1 (0.9 to 1.1). */
  readonly gain?: RandomRange;
  /** Power to which values are raised, sign kept; 1 changes nothing. Default 0.1 (0.9 to 1.1); nnU-Net takes [0.7, 1.5] in a third of all samples. */
  readonly gamma?: RandomRange;
}

/** Another brightness and contrast for each input, as scanners and sequences differ in them. Targets stay: HU are absolute. */
export function intensity(options: IntensityOptions = {}): Augmentation {
  const where = { call: "augmentations.intensity" };
  const share = checkShare(options.share ?? 1, where);
  const gain = boundsOf(options.gain ?? 0.1, "gain", where, { neutral: 1, above: 0 });
  const gamma = boundsOf(options.gamma ?? 0.1, "gamma", where, { neutral: 1, above: 0, max: 8 });
  return {
    name: "intensity",
    about: "changes gain and gamma of inputs",
    toJSON: () => ({ name: "intensity", share, gain, gamma }),
    apply: (sample, random) =>
      changeValues(sample, random, share, () => {
        const factor = drawn(random, gain);
        const power = drawn(random, gamma);
        return powerFunction(power, factor);
      }),
  };
}
