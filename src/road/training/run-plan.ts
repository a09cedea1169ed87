import { assert } from "../../base/errors/index.ts";
import { orientedGrid, spacingOf, type Triple } from "../../imaging/volume/index.ts";
import type { Json } from "../../networks/learning/index.ts";
import { isOptimizer } from "../../networks/learning/index.ts";
import type { Dataset } from "../data/index.ts";
import {
  assertChannels,
  definePreparation,
  gridAfter,
  type Preparation,
  usualSteps,
} from "../preparation/index.ts";
import type { ResolvedOptions } from "./options.ts";

/** What a run does to its cases, with all that the first one settled. */
export interface RunPlan {
  readonly preparation: Preparation;
  /** Voxel size in mm that the model works at. */
  readonly spacing: Triple;
}

/** Reads the first training case to settle spacing, inputs and sample size. */
export async function makePlan(
  options: ResolvedOptions,
  dataset: Dataset,
  signal: AbortSignal | undefined,
): Promise<RunPlan> {
  const first = dataset.train[0]!;
  const names = options.inputs ?? Object.keys(first.inputs);
  const { channels, multipleOf } = options.model.input;
  assertChannels(channels, names, options.slicer, { call: "Trainer" });
  const ref = first.inputs[names[0]!];
  assert(ref, `case "${first.id}" has no input "${names[0]}"`, { where: { call: "Trainer" } });
  const source = await ref.load(signal);
  const spacing = options.spacing ?? spacingOf(orientedGrid(source).affine);
  const steps = usualSteps({
    spacing,
    further: options.steps,
    inputs: Object.fromEntries(names.map((name) => [name, options.inputNormalizer(name)])),
    target: options.targetNormalizer,
  });
  const inputs = names.map((name) => ({ name }));
  const { fixedSize } = options.slicer;
  if (fixedSize === null) {
    const { shape } = gridAfter(steps, source);
    const sampler = options.slicer.covering(shape, multipleOf);
    return { preparation: definePreparation({ inputs, steps, sampler }), spacing };
  }
  assert(
    fixedSize.every((n) => n % multipleOf === 0),
    `the slicer's size ${fixedSize.join("×")} is no multiple of ${multipleOf}, which the model needs`,
    {
      where: { call: "Trainer" },
      hint: `choose sizes in multiples of ${multipleOf}, or a model with fewer levels`,
    },
  );
  return { preparation: definePreparation({ inputs, steps, sampler: options.slicer }), spacing };
}

export function scheduleRate(options: ResolvedOptions, epoch: number): number {
  if (options.schedule === "constant") return 1;
  return 0.5 * (1 + Math.cos((Math.PI * epoch) / options.epochs));
}

/** What must be equal for a checkpoint to be continued. */
export function fingerprintOf(options: ResolvedOptions, preparation: Preparation, dataset: Dataset): string {
  const settings: Json = {
    model: { name: options.model.name, config: options.model.config },
    preparation: preparation.toJSON() as unknown as Json,
    loss: options.loss.toJSON(),
    optimizer: optimizerJson(options.optimizer),
    schedule: options.schedule === "constant" ? "constant" : ["cosine", options.epochs],
    batchSize: options.batchSize,
    cacheBytes: options.cacheBytes, // decides which slices are shuffled together
    stepsPerEpoch: String(options.stepsPerEpoch),
    flip: options.flip,
    seed: options.seed,
    train: dataset.train.map((c) => c.id),
    validation: dataset.validation.map((c) => c.id),
  };
  return JSON.stringify(settings);
}

/** Of one optimizer, or of several by name. */
export function optimizerJson(optimizer: ResolvedOptions["optimizer"]): Json {
  if (isOptimizer(optimizer)) return optimizer.toJSON();
  return Object.fromEntries(Object.entries(optimizer).map(([name, each]) => [name, each.toJSON()]));
}
