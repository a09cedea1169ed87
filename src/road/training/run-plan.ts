import { assert } from "../../base/errors/index.ts";
import { orientedGrid, spacingOf } from "../../imaging/volume/index.ts";
import type { Json } from "../../networks/learning/index.ts";
import { type Dataset, hasInputs } from "../data/index.ts";
import {
  assertChannels,
  definePreparation,
  gridAfter,
  type Preparation,
  usualSteps,
} from "../preparation/index.ts";
import type { ResolvedOptions } from "./options.ts";
import type { RunPlan } from "./plan.ts";
import { storedPlan } from "./stored-plan.ts";
import { recordedOptions } from "./train-option.ts";
import { TRAINER_OPTIONS } from "./train-options.ts";

/** Reads the first training case to settle spacing, inputs and sample size. */
export async function makePlan(
  options: ResolvedOptions,
  dataset: Dataset,
  signal: AbortSignal | undefined,
): Promise<RunPlan> {
  const where = { call: "Trainer" };
  const first = dataset.train.find(hasInputs);
  assert(first, "no training case has inputs", { where });
  if (first.prepared) return storedPlan(options, dataset, first.prepared);
  const { inputs: names = Object.keys(first.inputs), optionalInputs: optional = [] } = options;
  const unknown = optional.find((name) => !names.includes(name));
  assert(unknown === undefined, `the optional input "${unknown}" is none of the inputs`, {
    where,
    hint: `inputs are ${names.join(", ")}`,
  });
  assert(optional.length < names.length, "every input is optional", {
    where,
    hint: "leave one out of optionalInputs",
  });
  const { channels, multipleOf } = options.model.input;
  assertChannels(channels, names, options.sampler, where);
  const needed = names.find((name) => !optional.includes(name))!;
  const ref = first.inputs[needed];
  assert(ref, `case "${first.id}" has no input "${needed}"`, { where });
  const source = await ref.load(signal);
  const spacing = options.spacing ?? spacingOf(orientedGrid(source).affine);
  const steps = usualSteps({
    ...options.grid,
    spacing,
    further: options.steps,
    inputs: Object.fromEntries(names.map((name) => [name, options.inputNormalizer(name)])),
    target: options.targetNormalizer,
  });
  const inputs = names.map((name) => ({ name, optional: optional.includes(name) }));
  const { fixedSize } = options.sampler;
  if (fixedSize === null) {
    const { shape } = gridAfter(steps, source);
    const sampler = options.sampler.covering(shape, multipleOf);
    return { preparation: definePreparation({ inputs, steps, sampler }), spacing };
  }
  assert(
    fixedSize.every((n) => n % multipleOf === 0),
    `the sampler's size ${fixedSize.join("×")} is no multiple of ${multipleOf}, which the model needs`,
    { where, hint: `choose sizes in multiples of ${multipleOf}, or a model with fewer levels` },
  );
  return { preparation: definePreparation({ inputs, steps, sampler: options.sampler }), spacing };
}

/** The settings that must be the same for a checkpoint to be continued. */
export function settingsOf(options: ResolvedOptions, preparation: Preparation): string {
  const settings: Json = {
    model: { name: options.model.name, config: options.model.config },
    preparation: preparation.toJSON() as unknown as Json,
    ...recordedOptions(TRAINER_OPTIONS, { ...options }, "resume"),
  };
  return JSON.stringify(settings);
}
