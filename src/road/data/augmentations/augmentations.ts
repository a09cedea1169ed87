import { affine } from "./affine.ts";
import { anisotropy } from "./anisotropy.ts";
import { biasField } from "./bias-field.ts";
import { blur } from "./blur.ts";
import { contrast } from "./contrast.ts";
import { dropInputs } from "./drop-inputs.ts";
import { elastic } from "./elastic.ts";
import { fieldOfView } from "./field-of-view.ts";
import { flip } from "./flip.ts";
import { ghosting } from "./ghosting.ts";
import { histogram } from "./histogram.ts";
import { intensity } from "./intensity.ts";
import { motion } from "./motion.ts";
import { noise } from "./noise.ts";

/** Augmentations, each made by its factory, by the names that configs use: first those that move voxels of inputs and targets alike, then those of inputs alone. */
export const augmentations = {
  /** Mirrors samples. */
  flip,
  /** Scales, turns and shifts samples. */
  affine,
  /** Bends samples. */
  elastic,
  /** Leaves optional inputs out. */
  dropInputs,
  /** Changes gain and gamma of inputs. */
  intensity,
  /** Spreads or narrows values of inputs about their mean. */
  contrast,
  /** Maps values of inputs through a random rising curve. */
  histogram,
  /** Shades inputs smoothly, or as surface coils do. */
  biasField,
  /** Adds Rician noise to inputs. */
  noise,
  /** Moves the head while inputs are scanned. */
  motion,
  /** Adds ghosts to inputs. */
  ghosting,
  /** Blurs inputs. */
  blur,
  /** Makes inputs of thick slices. */
  anisotropy,
  /** Cuts inputs off at one side. */
  fieldOfView,
} as const;
