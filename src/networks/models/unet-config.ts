import type { OptionValues } from "../../base/options/index.ts";
import { option } from "../../base/options/index.ts";
import type { ModelConfig } from "./define-model.ts";

/** Options of {@link UNet}. All travel in the model file. */
export const UNET_OPTIONS = {
  /** Spatial dimensions. */
  dims: option.choice([2, 3], {
    default: 2,
    about:
      "spatial dimensions: 2 for slices; 3 for patches, which see all around but take some 20 times the memory and arithmetic",
  }),
  /** Input volumes stacked as channels (e.g. T1 and T2). */
  inChannels: option.integer({
    default: 1,
    min: 1,
    about: "input volumes stacked as channels, e.g. T1 and T2",
  }),
  /** Channels at full resolution; each level below has twice as many. */
  baseFilters: option.integer({
    default: 32,
    min: 1,
    about: "channels at full resolution, doubled at each level below; 32 is the smallest common choice",
  }),
  /** Number of resolutions, the bottleneck included. D, H and W must be multiples of 2^(levels-1). */
  levels: option.integer({
    default: 4,
    min: 1,
    max: 8,
    about: "resolutions, the bottleneck included; H and W (and D) must be multiples of 2^(levels-1)",
  }),
  norm: option.choice(["instance", "batch", "none"], {
    default: "instance",
    about:
      "normalisation: on small batches of slices batch statistics are noisy, and held-out error swung by 20 HU from epoch to epoch on a real pair; instance norm trains smoothly",
  }),
  upsampling: option.choice(["nearest", "bilinear", "transposed"], {
    default: "nearest",
    about:
      "how the decoder enlarges: nearest gives no checkerboard (Odena et al. 2016) and is the fastest; bilinear in 2-D alone",
  }),
  finalActivation: option.choice(["linear", "sigmoid", "tanh"], {
    default: "linear",
    about:
      "of the CT, after the last convolution: an L1 loss needs no squashing, and a sigmoid's flat ends slow learning of air and dense bone",
  }),
  /** `half`: the first level lies at half the resolution of input and output. Sides must be multiples of 2^levels then. */
  stem: option.choice(["full", "half"], {
    default: "full",
    about:
      "half: a convolution of stride 2 before the first level and a transposed one behind the last, so that the levels lie at 1/2, 1/4, ... of the resolution: an eighth of the arithmetic in 3-D",
  }),
  /** Names of classes: label n of the target volume `tissue` is the n-th of them. */
  classes: option.texts({
    default: [],
    about:
      "names of classes whose probabilities come as a second output, `tissue`; class n is label n of the target; none unless given",
  }),
} as const;

/** Options of {@link UNet}. */
export type UNetConfig = ModelConfig<typeof UNET_OPTIONS>;

/** What the convolutions of a U-Net depend on, each option set and checked. */
export type ResolvedUNetConfig = Pick<
  OptionValues<typeof UNET_OPTIONS>,
  "dims" | "inChannels" | "baseFilters" | "levels" | "norm" | "upsampling"
> & { readonly outChannels: number; readonly stem?: OptionValues<typeof UNET_OPTIONS>["stem"] };
