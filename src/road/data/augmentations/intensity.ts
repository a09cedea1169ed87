import { assert } from "../../../base/errors/index.ts";
import type { Augmentation } from "./augmentation.ts";

/** Options of `augmentations.intensity`. */
export interface IntensityOptions {
  /** Inputs are multiplied by up to so much more or less. Default 0.1. */
  readonly gain?: number;
  /** ... and raised to a power of up to so much more or less than 1, sign kept. Default 0.1. */
  readonly gamma?: number;
}

/** Another brightness and contrast for each input, as scanners and sequences differ in them. Targets stay: HU are absolute. */
export function intensity({ gain = 0.1, gamma = 0.1 }: IntensityOptions = {}): Augmentation {
  for (const [name, value] of Object.entries({ gain, gamma }))
    assert(value >= 0 && value < 1, `${name} must be from 0 to below 1, got ${value}`, {
      where: { call: "augmentations.intensity" },
    });
  return {
    name: "intensity",
    about: "changes gain and contrast of inputs",
    toJSON: () => ({ name: "intensity", gain, gamma }),
    apply(sample, random) {
      const { input, inputs } = sample;
      const channels = input.shape.at(-1)!;
      const each = channels / inputs.length;
      const drawn = inputs.map(() => [
        random.uniform(1 - gain, 1 + gain),
        random.uniform(1 - gamma, 1 + gamma),
      ]);
      const data = input.data.map((value, i) => {
        const [factor, power] = drawn[Math.floor((i % channels) / each)]!;
        return Math.sign(value) * factor! * Math.abs(value) ** power!;
      });
      return { ...sample, input: { ...input, data } };
    },
  };
}
