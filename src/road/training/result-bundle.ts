import type { NamedArrays } from "../../networks/learning/index.ts";
import type { Dataset } from "../data/index.ts";
import type { ModelBundle, Provenance } from "../model-file/index.ts";
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
  at: Pick<Checkpoint, "epoch" | "step" | "best"> & { readonly backend: string },
): ModelBundle {
  const { model, background, licence, seed, start } = options;
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
      simulated: dataset.simulated,
      cases: dataset.train.length,
      seed,
      backend: at.backend,
      epochs: at.epoch,
      steps: at.step,
      settings: recordedOptions(TRAINER_OPTIONS, { ...options }, "provenance"),
      ...(start ? { start: startOf(start) } : {}),
    },
    metrics: validation === null ? {} : { validation: { ...validation, cases: dataset.validation.length } },
    licence,
  };
}

function startOf({ provenance: { created, dataset, steps } }: ModelBundle): Provenance["start"] {
  return { created, dataset, steps };
}
