import type { Augmentation } from "./augmentation.ts";
import { changeValues, extremes } from "./change-inputs.ts";
import { boundsOf, checkShare, drawn, type RandomRange } from "./settings.ts";

/** Options of `augmentations.contrast`. */
export interface ContrastOptions {
  /** How often each input is changed. Default 0.15, as nnU-Net. */
  readonly share?: number;
  /** Factor of differences from the mean, 1 changing nothing. Default 0.25 (0.75 to 1.25), as nnU-Net. */
  readonly factor?: RandomRange;
}

/** Spreads or narrows the values of each input about their mean, within the range that they had: nnU-Net's. */
export function contrast(options: ContrastOptions = {}): Augmentation {
  const where = { call: "augmentations.contrast" };
  const share = checkShare(options.share ?? 0.15, where);
  const factor = boundsOf(options.factor ?? 0.25, "factor", where, { neutral: 1, above: 0 });
  return {
    name: "contrast",
    about: "spreads or narrows values of inputs about their mean",
    toJSON: () => ({ name: "contrast", share, factor }),
    apply: (sample, random) =>
      changeValues(sample, random, share, (image) => {
        const [low, high] = extremes(image.channels);
        const mean = meanOf(image.channels);
        const spread = drawn(random, factor);
        return (plane) => {
          for (let v = 0; v < plane.length; v++)
            plane[v] = Math.max(low, Math.min(high, mean + spread * (plane[v]! - mean)));
        };
      }),
  };
}

function meanOf(channels: readonly Float32Array[]): number {
  let sum = 0;
  for (const plane of channels) for (let v = 0; v < plane.length; v++) sum += plane[v]!;
  return sum / (channels.length * channels[0]!.length);
}
