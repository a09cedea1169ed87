import { assert } from "../../base/errors/index.ts";
import type { Triple } from "../../imaging/volume/index.ts";
import type { Dataset, StoredCase } from "../data/index.ts";
import { assertChannels, assertDims, definePreparation, Normalizer } from "../preparation/index.ts";
import type { ResolvedOptions } from "./options.ts";
import type { RunPlan } from "./plan.ts";

const where = { call: "Trainer" };

/**
 * What a run does to cases that are prepared: what was done to them. Only how samples are cut may still be chosen.
 *
 * @throws MidashError `invalid-argument` for options that say otherwise, each by its name, and for data of which some is prepared and some is not
 */
export function storedPlan(
  options: ResolvedOptions,
  dataset: Dataset,
  { preparation, entry }: StoredCase,
): RunPlan {
  const known = JSON.stringify(preparation);
  for (const { id, prepared } of [...dataset.train, ...dataset.validation])
    assert(
      prepared && JSON.stringify(prepared.preparation) === known,
      "is not prepared as others of the data are",
      {
        where: `case ${id}`,
        hint: "train on the cases of one cache",
      },
    );
  const { inputs, steps } = preparation.toJSON();
  const stepOf = (type: string) => steps.find((step) => step.type === type);
  const spacing = (stepOf("spacing")?.spacing ?? [1, 1, 1]) as unknown as Triple;
  const normalisers = (stepOf("normalise") ?? { inputs: {}, targets: {} }) as unknown as {
    readonly inputs: Readonly<Record<string, unknown>>;
    readonly targets: Readonly<Record<string, unknown>>;
  };
  const names = inputs.map(({ name }) => name);
  const optional = inputs.filter((input) => input.optional).map(({ name }) => name);
  agree(options, "inputs", names, options.inputs);
  agree(options, "optionalInputs", optional, options.optionalInputs);
  agree(options, "spacing", spacing, options.spacing);
  agree(
    options,
    "steps",
    steps.filter(({ type }) => !["orient", "spacing", "normalise"].includes(type)),
    options.steps.map((step) => step.toJSON()),
  );
  agree(
    options,
    "normalizer",
    [names.map((name) => normalisers.inputs[name]), normalisers.targets.ct],
    [names.map((name) => options.inputNormalizer(name).toJSON()), options.targetNormalizer.toJSON()],
  );
  assertTarget(options, normalisers.targets.ct);
  const { channels, multipleOf } = options.model.input;
  const sampler = options.set.has("sampler") ? options.sampler : preparation.sampler;
  assertDims(options.model, sampler, where);
  assertChannels(channels, names, sampler, where);
  const fixed = sampler.fixedSize ? sampler : sampler.covering(entry.shape, multipleOf);
  assert(
    fixed.fixedSize?.every((n) => n % multipleOf === 0),
    `the sampler's size ${fixed.fixedSize?.join("×")} is no multiple of ${multipleOf}, which the model needs`,
    { where, hint: `choose sizes in multiples of ${multipleOf}, or a model with fewer levels` },
  );
  return {
    preparation: definePreparation({ inputs: preparation.inputs, steps: preparation.steps, sampler: fixed }),
    spacing,
  };
}

/** @throws MidashError `invalid-argument` where an option is set and says something else than the data was prepared by */
function agree({ set }: ResolvedOptions, option: string, prepared: unknown, asked: unknown): void {
  assert(
    !set.has(option) || JSON.stringify(asked) === JSON.stringify(prepared),
    `the data was prepared otherwise: ${JSON.stringify(prepared)}`,
    { where: { ...where, option }, hint: "leave it out, or prepare the data again with it" },
  );
}

/** A model that gives values of a range alone can't learn others. */
function assertTarget({ model }: ResolvedOptions, normalizer: unknown): void {
  const ct = model.outputs.find(({ kind }) => kind === "ct");
  const range = ct?.kind === "ct" ? ct.range : undefined;
  if (!range || normalizer === undefined) return;
  const prepared = Normalizer.fromJSON(normalizer).range;
  assert(
    prepared && prepared[0] >= range[0] && prepared[1] <= range[1],
    `${model.name} gives values from ${range.join(" to ")}, and the data was prepared for ${prepared?.join(" to ") ?? "any"}`,
    { where, hint: "prepare the data for this model" },
  );
}
