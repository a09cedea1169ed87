import { affine } from "./affine.ts";
import { dropInputs } from "./drop-inputs.ts";
import { elastic } from "./elastic.ts";
import { flip } from "./flip.ts";
import { intensity } from "./intensity.ts";

/** Augmentations, each made by its factory, by the names that configs use. */
export const augmentations = {
  /** Mirrors samples at random. */
  flip,
  affine,
  elastic,
  /** Leaves optional inputs out at random. */
  dropInputs,
  /** Changes gain and contrast of inputs at random. */
  intensity,
} as const;
