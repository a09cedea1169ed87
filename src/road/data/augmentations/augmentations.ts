import { dropInputs } from "./drop-inputs.ts";
import { flip } from "./flip.ts";
import { intensity } from "./intensity.ts";

/** Augmentations, each made by its factory, by the names that configs use. */
export const augmentations = { flip, dropInputs, intensity } as const;
