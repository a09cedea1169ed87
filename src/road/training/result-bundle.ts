import type { NamedArrays } from "../../networks/learning/index.ts";
import { intendedAfter, type ModelBundle, type Provenance } from "../model-file/index.ts";
import type { OpenRun } from "./open-run.ts";
import type { RunState } from "./run-state.ts";
import { recordedOptions } from "./train-option.ts";
import { TRAINER_OPTIONS } from "./train-options.ts";
import type { Watched } from "./watch.ts";

/** Weights with all that a model file says of how they came to be. */
export function resultBundle(
  weights: NamedArrays,
  { options, preparation, dataset, session }: OpenRun,
  at: Pick<RunState, "epoch" | "step" | "trainedOn" | "from"> & { readonly validation: Watched | null },
): ModelBundle {
  const { model, background, licence, seed } = options;
  const { validation } = at;
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
      backend: session.backend,
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
