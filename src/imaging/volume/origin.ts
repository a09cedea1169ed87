/**
 * What images are of. `phantoms`: heads drawn by formulas, as those of the demo. `simulated heads`: images computed from label maps of real heads. `patients`: measured ones.
 */
export type ImageOrigin = (typeof IMAGE_ORIGINS)[number];

/** From what is farthest from a patient to what is nearest; where nothing is known, it may be anything. */
export const IMAGE_ORIGINS = ["phantoms", "simulated heads", "unknown", "patients"] as const;
