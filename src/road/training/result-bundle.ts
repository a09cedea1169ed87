import type { ImageOrigin } from "../../imaging/volume/index.ts";
import type { NamedArrays } from "../../networks/learning/index.ts";
import type { Dataset } from "../data/index.ts";
import { intendedAfter, type ModelBundle, type Provenance } from "../model-file/index.ts";
import type { Preparation } from "../preparation/index.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { ResolvedOptions } from "./options.ts";
import { recordedOptions } from "./train-option.ts";
import { TRAINER_OPTIONS } from "./train-options.ts";

/** Weights with all that a model file says of how they came to be. */
export function resultBundle(
  weights: NamedArrays,
  options: ResolvedOptions,
  preparation: Preparation,
  dataset: Dataset,
  at: Pick<Checkpoint, "epoch" | "step" | "best"> & {
    readonly backend: string;
    /** What its images are of, by the data set and by what they say themselves. */
    readonly trainedOn: ImageOrigin;
    readonly from: Provenance["from"];
  },
): ModelBundle {
  const { model, background, licence, seed } = options;
  const { validation } = at.best;
  return {
    schema: 1,
    model: { name: model.name, config: model.config },
    preparation: preparation.toJSON(),
    background,
    weights,
    provenance: {
      library: "@midash/core",
      created: new Date().toISOString(),
      dataset: dataset.name,
      trainedOn: at.trainedOn,
      cases: dataset.train.length,
      seed,
      backend: at.backend,
      epochs: at.epoch,
      steps: at.step,
      settings: recordedOptions(TRAINER_OPTIONS, { ...options }, "provenance"),
      ...(at.from ? { from: at.from } : {}),
    },
    intendedFor: intendedAfter(at.trainedOn),
    metrics: validation === null ? {} : { validation: { ...validation, cases: dataset.validation.length } },
    licence,
  };
}

/** What is said of the model whose weights a run began with. */
export function originOf(model: ModelBundle | undefined): Provenance["from"] {
  if (!model) return undefined;
  const { created, dataset, steps } = model.provenance;
  return { created, dataset, steps };
}
