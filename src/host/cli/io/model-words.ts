import type { ImageOrigin } from "../../../imaging/volume/index.ts";

/** What people must know of a model that saw no patient; nothing of others. */
export function trainingWords(trainedOn: ImageOrigin | undefined): readonly string[] {
  if (trainedOn === "phantoms")
    return ["The model was trained on phantoms (heads drawn by formulas) alone: it knows no patient."];
  if (trainedOn === "simulated heads")
    return ["The model was trained on simulated heads alone: no patient's image taught it."];
  return [];
}
