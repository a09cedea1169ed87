import { assert, fail, orNearest } from "../../../base/errors/index.ts";
import {
  CONTRASTS,
  type ContrastName,
  HEAD_CLASSES,
  PHANTOM_CLASSES,
} from "../../../imaging/phantom/index.ts";
import type { Backend } from "../../../networks/backends/index.ts";
import type { ModelSpec, OutputSpec } from "../../../networks/models/index.ts";
import { augmentations, Dataset, phantomDataset, type SplitNames } from "../../../road/data/index.ts";
import type { ModelBundle } from "../../../road/model-file/index.ts";
import type { Plugin, Registry } from "../../../road/plugin/index.ts";
import { biasField, normalise, type Preparation, type Sampler } from "../../../road/preparation/index.ts";
import {
  DEFAULT_NORMALIZERS,
  memoryRunStore,
  type RunStore,
  type TrainerOptions,
  takenOver,
} from "../../../road/training/index.ts";
import { isCache, openCache, openDataset, sampleThreads } from "../../node/index.ts";
import {
  longFlag,
  optionsFromData,
  remembered,
  SAMPLER_SETTINGS,
  samplerOf,
  type TrainSettings,
  trainerValues,
} from "../../runs/index.ts";
import type { RunSetup } from "./run-setup.ts";

type LabelsOutput = Extract<OutputSpec, { kind: "labels" }>;

/** The word that stands for simulated heads instead of a folder. */
export const PHANTOM = "phantom";

/** The data that the settings ask for, with the labels that the model learns. */
export async function datasetOf(
  data: string,
  settings: TrainSettings,
  registry: Registry,
  { skipTorn = false }: { readonly skipTorn?: boolean } = {},
): Promise<Dataset> {
  const { seed, inputs, split, slab, every, layout, structure, subjects, phantomShape, phantomSpacing } =
    settings;
  const { optionalInputs = [], missing = {}, rare } = settings;
  if (data !== PHANTOM && (await isCache(data))) return cachedDataset(data, settings, registry);
  const labels = labelOutputs(settings, registry);
  if (data !== PHANTOM) {
    const made = layout === "labels";
    for (const [key, value] of Object.entries({
      subjects,
      missing: settings.missing,
      ...(made ? {} : { phantomShape, phantomSpacing, rare }),
    }))
      assert(value === undefined, "is for simulated heads only", {
        where: { option: key },
        hint: `leave it out, or train on "${PHANTOM}"`,
      });
    if (made) for (const output of labels) assertSimulatedLabels(output, "a random head", HEAD_CLASSES);
    return openDataset(data, {
      layout,
      structure,
      seed,
      inputs,
      optional: optionalInputs,
      labels: labels.map(({ name }) => name),
      ...(made ? { heads: { shape: phantomShape, spacing: phantomSpacing, rare } } : {}),
      pattern: settings.pattern,
      columns: settings.column,
      skipIncomplete: settings.skipIncomplete,
      skipTorn,
      formats: registry.formats,
      split: isShares(split) ? { train: split[0], validation: split[1], test: split[2] } : split,
      ...(slab === undefined && every === undefined ? {} : { slab: { size: slab, every } }),
    });
  }
  assert(rare === undefined, "is for heads from label maps only", {
    where: { option: "rare" },
    hint: "leave it out, or give a folder of label maps",
  });
  const { pattern, column, skipIncomplete } = settings;
  const parts = namedParts(settings);
  for (const [key, value] of Object.entries({
    split: parts ? undefined : split,
    slab,
    every,
    layout,
    structure,
    pattern,
    column,
    skipIncomplete,
  }))
    assert(value === undefined, "is for data on disk only", {
      where: { option: key },
      hint: "say how many heads by --subjects",
    });
  for (const name of Object.keys(missing))
    assert(optionalInputs.includes(name), `"${name}" is no optional input`, {
      where: { option: "missing" },
      hint: `add ${longFlag("optionalInputs")} ${name}`,
    });
  for (const output of labels) assertSimulatedLabels(output, "the phantom", PHANTOM_CLASSES);
  const [train, validation, test] = subjects ?? [12, 1, 2];
  const heads = phantomDataset({
    seed,
    subjects: { train, validation, test },
    contrasts: inputs?.map(contrast),
    labels: labels.length > 0,
    missing,
    shape: phantomShape,
    spacing: phantomSpacing,
  });
  return remembered(inParts(heads, parts));
}

/** What says how data lies or is made, which a cache of prepared cases has behind it. */
const OF_OTHER_DATA = [
  ...(["split", "slab", "every", "layout", "structure", "pattern", "column", "skipIncomplete"] as const),
  ...(["subjects", "missing", "phantomShape", "phantomSpacing"] as const),
];

async function cachedDataset(data: string, settings: TrainSettings, registry: Registry): Promise<Dataset> {
  const parts = namedParts(settings);
  for (const key of OF_OTHER_DATA)
    assert(
      settings[key] === undefined || (key === "split" && parts !== undefined),
      `is for data that is not prepared; the cache ${data} settles it`,
      {
        where: { option: key },
        hint: "leave it out, or give it to midash prepare",
      },
    );
  return inParts((await openCache(data, { registry })).dataset, parts);
}

/** How samples of prepared cases are cut: as the settings say, else as the cache was made for. */
function cachedSampler(
  settings: TrainSettings,
  { dataset, registry }: { readonly dataset: Dataset; readonly registry: Registry },
): Sampler | undefined {
  const stored = dataset.train[0]!.prepared?.preparation.sampler;
  const asked = SAMPLER_SETTINGS.some((key) => settings[key] !== undefined);
  return stored && !asked && stored.dims === specOf(settings, registry).input.dims ? stored : undefined;
}

/** Who is in which part, where the settings name them: a fold's do. */
function namedParts({ split }: TrainSettings): SplitNames | undefined {
  return isShares(split) || typeof split === "string" ? undefined : split;
}

/** The same cases in other parts. */
function inParts(dataset: Dataset, parts: SplitNames | undefined): Dataset {
  if (!parts) return dataset;
  const { train, validation, test, name, origin } = dataset;
  return Dataset.fromCases([...train, ...validation, ...test], { name, origin, split: parts });
}

/** Whether a split gives shares, and not names or a file of them. */
function isShares(split: TrainSettings["split"]): split is readonly [number, number, number] {
  return Array.isArray(split);
}

/** The model's recipe. @param channels of its samples; where they don't matter, 1 */
function specOf({ model, modelOptions }: TrainSettings, registry: Registry, channels = 1): ModelSpec {
  const config = { ...(modelOptions as object), ...optionsFromData(registry.model(model), channels) };
  return registry.spec({ name: model, config });
}

/** What the model gives besides CT and learns from label volumes of the same names. */
function labelOutputs(settings: TrainSettings, registry: Registry): readonly LabelsOutput[] {
  const { outputs } = specOf(settings, registry);
  return outputs.filter((output): output is LabelsOutput => output.kind === "labels");
}

function assertSimulatedLabels(
  { name, classes }: LabelsOutput,
  whose: string,
  theirs: readonly string[],
): void {
  assert(name === "tissue", `${whose} has no labels "${name}"`, {
    where: { option: "model" },
    hint: 'its labels are "tissue"; train on your own data, or another model',
  });
  assert(classes.join() === theirs.join(), `${whose}'s classes are ${theirs.join(",")}`, {
    where: { option: "classes" },
    hint: "give these, in this order",
  });
}

function contrast(name: string): ContrastName {
  const names = Object.keys(CONTRASTS);
  if (names.includes(name)) return name as ContrastName;
  return fail("invalid-argument", `the phantom has no "${name}"`, {
    where: { option: "inputs" },
    hint: orNearest(name, names),
  });
}

/** {@link trainerOptionsOf} of a look ahead: nothing is computed or kept. */
export function plannedTrainer(
  settings: TrainSettings,
  dataset: Dataset,
  { registry, plugins, from }: Pick<RunSetup, "registry" | "plugins" | "from">,
): ReturnType<typeof trainerOptionsOf> {
  const backend = registry.backend(settings.backend ?? registry.backends[0]!.name, { where: "--backend" });
  return trainerOptionsOf(settings, dataset, { registry, plugins, backend, store: memoryRunStore(), from });
}

/** What the trainer needs, and how the baseline sees the inputs: as the model does, on their own grid. */
export function trainerOptionsOf(
  settings: TrainSettings,
  dataset: Dataset,
  {
    registry,
    backend,
    store,
    from,
    plugins,
  }: {
    readonly registry: Registry;
    readonly backend: Backend;
    readonly store: RunStore;
    readonly from: ModelBundle | undefined;
    readonly plugins: readonly Plugin[];
  },
): { readonly options: TrainerOptions; readonly seen: Pick<Preparation, "inputs" | "steps"> } {
  const { size, optionalInputs = [] } = settings;
  // The first case may lack an optional one.
  const names = settings.inputs ?? [...new Set(dataset.train.flatMap(({ inputs }) => Object.keys(inputs)))];
  assert(
    !optionalInputs.includes(names[0]!),
    `the first input, ${names[0]}, is what the baseline is fitted on`,
    {
      where: { option: "optionalInputs" },
      hint: "name another one first by --inputs",
    },
  );
  const prepared = dataset.train[0]!.prepared?.preparation;
  const sampler =
    cachedSampler(settings, { dataset, registry }) ??
    samplerOf(settings, specOf(settings, registry), registry);
  const model = specOf(settings, registry, sampler.channels(names.length));
  const { multipleOf } = model.input;
  assert(
    size === undefined || size.every((n) => n % multipleOf === 0),
    `must be multiples of ${multipleOf} for this ${model.name}, got ${size?.join("x")}`,
    {
      where: { option: "size" },
      hint: `e.g. ${size?.map((n) => multipleOf * Math.ceil(n / multipleOf)).join("x")}`,
    },
  );
  const taken = from && takenOver(from, registry, names);
  const asked = settings.biasField === undefined ? undefined : settings.biasField ? [biasField()] : [];
  const steps = asked ?? taken?.steps ?? [];
  const values = trainerValues({ ...settings }, registry);
  const options: TrainerOptions = {
    model,
    backend,
    sampler,
    ...(prepared && !asked ? {} : { steps }), // of prepared cases they are done
    ...(prepared || settings.threads ? { loader: sampleThreads({ count: settings.threads }) } : {}),
    batches: registry.batchSource(model.batches ?? "paired"),
    ...values,
    ...(settings.flip ? { augmentations: [augmentations.flip(), ...(values.augmentations ?? [])] } : {}),
    inputs: names,
    store,
    from,
    plugins,
    background: settings.outside && { outside: settings.outside },
  };
  const normalizers = Object.fromEntries(
    names.map((name) => [name, taken?.normalizer.input[name] ?? DEFAULT_NORMALIZERS.input]),
  );
  if (prepared) {
    const { inputs, steps: all } = prepared;
    return { options, seen: { inputs, steps: all.filter(({ type }) => type === "normalise") } };
  }
  return {
    options,
    seen: {
      inputs: names.map((name) => ({ name, optional: optionalInputs.includes(name) })),
      steps: [...steps, normalise({ inputs: normalizers, targets: {} })],
    },
  };
}
