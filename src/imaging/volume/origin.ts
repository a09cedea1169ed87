/**
 * What images are of. `phantoms`: heads drawn by formulas, as those of the demo. `simulated heads`: images computed from label maps of real heads. `patients`: measured ones.
 */
export type ImageOrigin = "phantoms" | "simulated heads" | "unknown" | "patients";

/** From what is farthest from a patient to what is nearest; where nothing is known, it may be anything. */
export const IMAGE_ORIGINS: readonly ImageOrigin[] = ["phantoms", "simulated heads", "unknown", "patients"];
