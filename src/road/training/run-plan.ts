import { assert } from "../../base/errors/index.ts";
import { reorient } from "../../imaging/volume/index.ts";
import type { Json } from "../../networks/learning/index.ts";
import type { Dataset } from "../data/index.ts";
import { assertChannels, modelGridOf, type Plan, planOf, stepsOf } from "../preparation/index.ts";
import { coveringSlicer } from "../synthesis/index.ts";
import type { ResolvedOptions } from "./options.ts";
import { recordedOptions } from "./train-option.ts";
import { TRAINER_OPTIONS } from "./train-options.ts";

/** Reads the first training case to settle spacing, inputs and sample size. */
export async function makePlan(
  options: ResolvedOptions,
  dataset: Dataset,
  signal: AbortSignal | undefined,
): Promise<Plan> {
  const first = dataset.train[0]!;
  const names = options.inputs ?? Object.keys(first.inputs);
  const { channels, multipleOf } = options.model.input;
  assertChannels(channels, names, options.slicer, "Trainer");
  const ref = first.inputs[names[0]!];
  assert(ref, `case "${first.id}" has no input "${names[0]}"`, { where: "Trainer" });
  const volume = reorient(await ref.load(signal), "RAS");
  const plan: Plan = {
    spacing: options.spacing ?? volume.spacing,
    inputs: names.map((name) => ({ name, normalizer: options.inputNormalizer(name) })),
    target: options.targetNormalizer,
    slicer: options.slicer,
  };
  if (options.slicer.size === null) {
    const { shape } = modelGridOf(volume, plan);
    return planOf(stepsOf({ ...plan, slicer: coveringSlicer(options.slicer, shape, multipleOf) }));
  }
  const [h, w] = options.slicer.size;
  assert(
    h % multipleOf === 0 && w % multipleOf === 0,
    `the slicer's size ${h}×${w} is no multiple of ${multipleOf}, which the model needs`,
    { where: "Trainer", hint: `choose sizes in multiples of ${multipleOf}, or a model with fewer levels` },
  );
  return planOf(stepsOf(plan));
}

/** What must be equal for a checkpoint to be continued. */
export function fingerprintOf(options: ResolvedOptions, plan: Plan, dataset: Dataset): string {
  const settings: Json = {
    model: { name: options.model.name, config: options.model.config },
    preprocess: stepsOf(plan) as unknown as Json,
    ...recordedOptions(TRAINER_OPTIONS, { ...options }, "resume"),
    train: dataset.train.map((c) => c.id),
    validation: dataset.validation.map((c) => c.id),
  };
  return JSON.stringify(settings);
}
