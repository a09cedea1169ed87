import { fail } from "../../base/errors/index.ts";
import { IMAGE_ORIGINS, type ImageOrigin } from "../../imaging/volume/index.ts";
import type { Json, NamedArrays } from "../../networks/learning/index.ts";
import { assertPreparation, type PreparationJson } from "../preparation/index.ts";

/** What is done to a synthesised volume outside the body. */
export interface Background {
  /** `air`: voxels outside the mask become -1000 HU. `keep`: the model's output stands everywhere. */
  readonly outside: "air" | "keep";
  /** Growth in mm of the mask estimated from the MR, when no mask is given. See {@link foregroundMask}. */
  readonly margin: number;
}

/** Where a model comes from. Times are ISO 8601. */
export interface Provenance {
  readonly library: string;
  readonly created: string;
  readonly dataset: string;
  /** The images that it was trained on; of models that were made elsewhere mostly `unknown`. */
  readonly trainedOn: ImageOrigin;
  readonly cases: number;
  readonly seed: number;
  readonly backend: string;
  readonly epochs: number;
  readonly steps: number;
  readonly settings: Json;
  /** Whose weights training began with, where they were not random. */
  readonly from?: { readonly created: string; readonly dataset: string; readonly steps: number };
}

/**
 * What a model may be shown. `phantoms`: heads drawn by formulas alone, as those of the demo; a real MR is refused (`Synthesizer`'s `allowPhantomModel`).
 * `heads`: any MR of a head. `any`: what its maker says, which the file doesn't.
 */
export type IntendedFor = "phantoms" | "heads" | "any";

/** From the narrowest to the widest. */
export const INTENDED_FOR: readonly IntendedFor[] = ["phantoms", "heads", "any"];

/** What a model is meant for that learnt from such images, unless its maker says otherwise. */
export function intendedAfter(trainedOn: ImageOrigin): IntendedFor {
  if (trainedOn === "phantoms") return "phantoms";
  return trainedOn === "simulated heads" ? "heads" : "any";
}

/** A trained model with all it needs to be used: plain data on the CPU, one `.safetensors` file. */
export interface ModelBundle {
  readonly schema: 1;
  readonly model: { readonly name: string; readonly config: Json };
  /** The inputs, the steps around the model, and how samples are cut. */
  readonly preparation: PreparationJson;
  readonly background: Background;
  readonly weights: NamedArrays;
  readonly provenance: Provenance;
  /** Whoever knows better says so in the bundle: `{ ...trainer.result(), intendedFor: "heads" }`. */
  readonly intendedFor: IntendedFor;
  /** Scores of the weights, e.g. on the validation cases, as the trainer reported them. */
  readonly metrics: Json;
  /** Licence of the weights, SPDX. */
  readonly licence: string;
}

/** Checks what can be checked without plugins and without building the network. @throws MidashError `invalid-file` */
export function assertBundle(bundle: ModelBundle, where = "model file"): void {
  if (bundle.schema !== 1)
    fail("invalid-file", `schema ${String(bundle.schema)} is not known to this library`, {
      where,
      hint: "update it",
    });
  if (typeof bundle.model?.name !== "string") fail("invalid-file", "no model name", { where });
  if (!INTENDED_FOR.includes(bundle.intendedFor) || !IMAGE_ORIGINS.includes(bundle.provenance?.trainedOn))
    fail("invalid-file", "does not say what it was trained on and is meant for", {
      where,
      hint: "it was written by an earlier version of this library: train it again",
    });
  assertPreparation(bundle.preparation);
}
