import { assert, fail, orNearest } from "../../../base/errors/index.ts";
import { CONTRASTS, type ContrastName } from "../../../imaging/phantom/index.ts";
import type { Backend } from "../../../networks/backends/index.ts";
import { type Augmentation, augmentations, type Dataset, phantomDataset } from "../../../road/data/index.ts";
import type { Registry } from "../../../road/plugin/index.ts";
import { biasField, normalise, type Preparation, Slicer } from "../../../road/preparation/index.ts";
import { DEFAULT_NORMALIZERS, type RunStore, type TrainerOptions } from "../../../road/training/index.ts";
import { openDataset } from "../../node/index.ts";
import { longFlag } from "../io/long-flag.ts";
import { optionsFromData } from "./model-options.ts";
import { trainerValues } from "./parts.ts";
import { remembered } from "./remember.ts";
import type { TrainSettings } from "./train-settings.ts";

/** The word that stands for simulated heads instead of a folder. */
const PHANTOM = "phantom";

/** The data that the settings ask for. */
export async function datasetOf(data: string, settings: TrainSettings, registry: Registry): Promise<Dataset> {
  const { seed, inputs, split, slab, every, layout, subjects, phantomShape, phantomSpacing } = settings;
  if (data !== PHANTOM) {
    for (const [key, value] of Object.entries({ subjects, phantomShape, phantomSpacing }))
      assert(value === undefined, "is for simulated heads only", {
        where: longFlag(key),
        hint: `leave it out, or train on "${PHANTOM}"`,
      });
    return openDataset(data, {
      layout,
      seed,
      inputs,
      optional: settings.optionalInputs,
      formats: registry.formats,
      ...(split ? { split: { train: split[0], validation: split[1], test: split[2] } } : {}),
      ...(slab === undefined && every === undefined ? {} : { slab: { size: slab, every } }),
    });
  }
  for (const [key, value] of Object.entries({ split, slab, every, layout }))
    assert(value === undefined, "is for data on disk only", {
      where: longFlag(key),
      hint: "say how many heads by --subjects",
    });
  const [train, validation, test] = subjects ?? [12, 1, 2];
  return remembered(
    phantomDataset({
      seed,
      subjects: { train, validation, test },
      contrasts: inputs?.map(contrast),
      shape: phantomShape,
      spacing: phantomSpacing,
    }),
  );
}

function contrast(name: string): ContrastName {
  const names = Object.keys(CONTRASTS);
  if (names.includes(name)) return name as ContrastName;
  return fail("invalid-argument", `the phantom has no "${name}"`, {
    where: "--inputs",
    hint: orNearest(name, names),
  });
}

/** What the trainer needs, and how the baseline sees the inputs: as the model does, on their own grid. */
export function trainerOptionsOf(
  settings: TrainSettings,
  dataset: Dataset,
  {
    registry,
    backend,
    store,
  }: { readonly registry: Registry; readonly backend: Backend; readonly store: RunStore },
): { readonly options: TrainerOptions; readonly seen: Pick<Preparation, "inputs" | "steps"> } {
  const { axis, size, fit, overlap, context, optionalInputs = [] } = settings;
  const names = settings.inputs ?? Object.keys(dataset.train[0]!.inputs);
  assert(fit !== "tile" || size, "tile needs the size of a tile", {
    where: longFlag("fit"),
    hint: "add --size, e.g. 128x128",
  });
  assert(fit === "tile" || overlap === undefined, "is for tiles only", {
    where: longFlag("overlap"),
    hint: "add --fit tile",
  });
  assert(
    !optionalInputs.includes(names[0]!),
    `the first input, ${names[0]}, is what the baseline is fitted on`,
    {
      where: longFlag("optionalInputs"),
      hint: "name another one first by --inputs",
    },
  );
  const sampler = Slicer.slices({ axis, size, fit, overlap, context });
  const factory = registry.model(settings.model);
  const model = registry.spec({
    name: settings.model,
    config: {
      ...(settings.modelOptions as object),
      ...optionsFromData(factory, sampler.channels(names.length)),
    },
  });
  const { multipleOf } = model.input;
  assert(
    size === undefined || size.every((n) => n % multipleOf === 0),
    `must be multiples of ${multipleOf} for this ${model.name}, got ${size?.join("x")}`,
    {
      where: longFlag("size"),
      hint: `e.g. ${size?.map((n) => multipleOf * Math.ceil(n / multipleOf)).join("x")}`,
    },
  );
  const values = trainerValues({ ...settings }, registry);
  const steps = settings.biasField ? [biasField()] : [];
  const options: TrainerOptions = {
    model,
    backend,
    sampler,
    steps,
    batches: registry.batchSource(model.batches ?? "paired"),
    ...values,
    augmentations: flipped(values.augmentations, settings.flip),
    inputs: names,
    store,
    background: settings.outside && { outside: settings.outside },
  };
  const normalizers = Object.fromEntries(names.map((name) => [name, DEFAULT_NORMALIZERS.input]));
  return {
    options,
    seen: {
      inputs: names.map((name) => ({ name, optional: optionalInputs.includes(name) })),
      steps: [...steps, normalise({ inputs: normalizers, targets: {} })],
    },
  };
}

/** `--flip` is short for the augmentation, first of all. */
function flipped(named: readonly Augmentation[] = [], flip = false): readonly Augmentation[] {
  const before = flip && !named.some(({ name }) => name === "flip");
  return before ? [augmentations.flip(), ...named] : named;
}
