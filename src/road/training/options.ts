import { assert, fail, orNearest } from "../../base/errors/index.ts";
import { type OptionValues, resolveOptions as resolveTable } from "../../base/options/index.ts";
import type { Backend } from "../../networks/backends/index.ts";
import {
  isOptimizer,
  type Loss,
  type Optimizer,
  optimizers,
  type Schedule,
  schedules,
} from "../../networks/learning/index.ts";
import { defaultLoss, type ModelSpec } from "../../networks/models/index.ts";
import { type Augmentation, type BatchSourceType, batchSources, type SampleThreads } from "../data/index.ts";
import type { Background, ModelBundle } from "../model-file/index.ts";
import { type Plugin, Registry } from "../plugin/index.ts";
import {
  assertDims,
  Normalizer,
  type Sampler,
  Slicer,
  type SpacingOptions,
  type Step,
} from "../preparation/index.ts";
import { watchFrozen } from "./freeze.ts";
import { memoryRunStore, type RunStore } from "./run-store.ts";
import { assertSameNetwork } from "./same-settings.ts";
import { takenOver } from "./take-over.ts";
import type { GivenValues } from "./train-option.ts";
import { TRAINER_OPTIONS } from "./train-options.ts";
import { mae, type Watch } from "./watch.ts";

/** What a config names and a {@link Trainer} takes as values. */
export interface TrainerParts {
  /** Default: `defaultLoss` of the model's outputs, which is `losses.l1()` where the CT is all. Taken over the body and 20 mm around it. */
  readonly loss: Loss;
  /** One for all of a model's names, or one for each. Default: what the model recommends ({@link ModelSpec.optimizer}), else Adam at 1e-4, the capstone's. */
  readonly optimizer: Optimizer | Readonly<Record<string, Optimizer>>;
  /** What the learning rate is multiplied by. Default: `schedules.constant()`, the capstone's. */
  readonly schedule: Schedule;
  /** Random changes of samples, in this order. Default: none. */
  readonly augmentations: readonly Augmentation[];
  /** How samples meet in batches. Default: what the model asks for by name ({@link ModelSpec.batches}), else `batchSources.paired`. */
  readonly batches: BatchSourceType;
  /** What validation watches, and early stopping with it. Default: MAE in HU. */
  readonly watch: Watch;
}

type PlainTable = Omit<typeof TRAINER_OPTIONS, keyof TrainerParts>;

/**
 * Options of {@link Trainer}: those of the table of training options (`epochs`, `batchSize`, ...) and values that only code can give. The defaults are
 * the capstone's recipe: L1, Adam 1e-4, batch 8, 50 epochs, early stopping.
 */
export interface TrainerOptions extends GivenValues<PlainTable>, Partial<TrainerParts> {
  /** May be left out where there is a model to go on from. */
  readonly model?: ModelSpec;
  readonly backend: Backend;
  /** Default: axial slices, as large as the first training case needs. */
  readonly sampler?: Sampler;
  /** Default: {@link DEFAULT_NORMALIZERS}. */
  readonly normalizer?: {
    readonly input?: Normalizer | Readonly<Record<string, Normalizer>>;
    readonly target?: Normalizer;
  };
  /** Further steps on the model's grid, before inputs and target are normalised, e.g. `biasField()`. Default: none. */
  readonly steps?: readonly Step[];
  /** Keeps `last.safetensors` (to resume) and `best.safetensors` (a model file). Default: in memory. */
  readonly store?: RunStore;
  /**
   * A trained model to go on from: training begins with its weights, and takes over its network, inputs, sampler, steps, voxel size, normalizers and
   * background where these options don't say otherwise. A `model` must then be of the same network and options. Default: random weights.
   */
  readonly from?: ModelBundle;
  /** Plugins that bring what the file of `from` names. Default: none. */
  readonly plugins?: readonly Plugin[];
  /**
   * Threads that cut and augment samples of prepared data while the model computes: `sampleThreads()` of `@midash/core/node`. The batches are the same with
   * them and without. Default: none.
   */
  readonly loader?: SampleThreads;
  /** What synthesis does outside the body. Default: air, with a mask estimated from the MR grown by 8 mm. */
  readonly background?: Partial<Background>;
}

/**
 * How a {@link Trainer} normalises unless told otherwise. Inputs: by percentiles of each volume, since MR has arbitrary units.
 * Target: the range of a 12-bit CT, -1024 to 3071 HU, with 0 HU at 0 and 512 HU a unit. The scale matters with Adam, whose steps do
 * not depend on the loss's size: at 4096 HU a unit ([0, 1]) each step moves the output eight times further in HU, and the
 * U-Net was as good after 280 steps as it is here after 70.
 */
export const DEFAULT_NORMALIZERS = {
  input: Normalizer.percentile({ low: 0.5, high: 99.5 }),
  target: Normalizer.window({ min: -1024, max: 3072, output: [-2, 6] }),
} as const;

/** The default target normaliser, for a model that can give any value or only those of `range`. */
function targetFor(range: readonly [number, number] | undefined): Normalizer {
  return range ? Normalizer.window({ min: -1024, max: 3072, output: range }) : DEFAULT_NORMALIZERS.target;
}

/** {@link TrainerOptions} with every default filled in. */
export interface ResolvedOptions extends OptionValues<PlainTable>, TrainerParts {
  readonly model: ModelSpec;
  readonly backend: Backend;
  readonly sampler: Sampler;
  readonly steps: readonly Step[];
  readonly inputNormalizer: (name: string) => Normalizer;
  readonly targetNormalizer: Normalizer;
  readonly store: RunStore;
  readonly from: ModelBundle | undefined;
  readonly background: Background;
  readonly loader: SampleThreads | undefined;
  /** Names of the options that are set, and of those that a model to go on from sets: prepared data must agree with them. */
  readonly set: ReadonlySet<string>;
  /** Which grids may be taken to the model's. */
  readonly grid: Omit<SpacingOptions, "spacing">;
}

/** Whose options they are, in errors. */
const where = { call: "Trainer" };

/** What is no entry of the table. */
const OWN = [
  "model",
  "backend",
  "sampler",
  "normalizer",
  "steps",
  "store",
  "from",
  "plugins",
  "loader",
  "background",
] as const;

/** @throws MidashError `invalid-argument`, and of a model to go on from what {@link takenOver} throws */
export function resolveOptions(given: TrainerOptions): ResolvedOptions {
  const known = [...OWN, ...Object.keys(TRAINER_OPTIONS)];
  for (const key of Object.keys(given))
    assert(known.includes(key), `unknown option "${key}"`, { where, hint: orNearest(key, known) });
  const { grid, ...options } = given.from ? goingOn(given, given.from) : { ...given, grid: {} };
  const { model, backend, sampler = Slicer.slices(), normalizer, steps = [], store, background } = options;
  const { loss, optimizer, schedule, augmentations, batches, watch, from } = options;
  assert(typeof model?.create === "function", "model must be a ModelSpec", {
    where,
    hint: "what a model factory gives, e.g. MyNet({ filters: 8 })",
  });
  assert(typeof backend?.open === "function", "backend must be a Backend", {
    where,
    hint: "e.g. wasm(), called",
  });
  assertDims(model, sampler, where);
  if (from) assertSameNetwork(from.model, model);
  const { loss: _l, optimizer: _o, schedule: _s, augmentations: _a, ...most } = TRAINER_OPTIONS;
  const { batches: _b, watch: _w, ...table } = most;
  const plain = Object.fromEntries(
    Object.keys(table).map((key) => [key, options[key as keyof typeof table]]),
  );
  const values = resolveTable(table, plain, where);
  if (from) watchFrozen(values.freeze, from.weights, model.name); // else when there are weights
  return {
    ...values,
    ...partsOf({ loss, optimizer, schedule, augmentations, batches, watch }, model, values.learningRate),
    ...normalizersOf(model, normalizer),
    model,
    backend,
    sampler,
    steps,
    store: store ?? memoryRunStore(),
    from,
    loader: options.loader,
    set: new Set(Object.entries(options).flatMap(([key, value]) => (value === undefined ? [] : key))),
    grid,
    background: { outside: "air", margin: 8, ...background },
  };
}

/** What is set, and all else as the model's file says. */
function goingOn(given: TrainerOptions, from: ModelBundle) {
  const { normalizer, background, ...own } = takenOver(from, new Registry(given.plugins), given.inputs);
  const { input, target } = given.normalizer ?? {};
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return {
    ...own,
    ...(Object.fromEntries(set) as unknown as TrainerOptions), // as given, but for what was undefined
    grid: own.grid,
    background: { ...background, ...given.background },
    normalizer: {
      input: Normalizer.is(input) ? input : { ...normalizer.input, ...input },
      target: target ?? normalizer.target,
    },
  };
}

function partsOf(given: Partial<TrainerParts>, model: ModelSpec, rate: number | undefined): TrainerParts {
  const {
    loss = defaultLoss(model.outputs),
    schedule = schedules.constant(),
    augmentations = [],
    batches = batchesOf(model),
    watch = mae,
  } = given;
  assert(typeof loss?.open === "function", "loss must be a Loss", {
    where,
    hint: "e.g. losses.l1(), called",
  });
  assert(typeof schedule?.rate === "function", "schedule must be a Schedule", {
    where,
    hint: "e.g. schedules.cosine(), called",
  });
  assert(
    Array.isArray(augmentations) && augmentations.every((each) => typeof each?.apply === "function"),
    "augmentations must be a list of Augmentations",
    { where, hint: "e.g. [augmentations.flip()], called" },
  );
  const names = augmentations.map(({ name }) => name);
  assert(new Set(names).size === names.length, `augmentations are ${names.join(", ")}`, {
    where,
    hint: "name each once",
  });
  assert(typeof batches?.open === "function", "batches must be a BatchSourceType", {
    where,
    hint: "e.g. batchSources.unpaired",
  });
  assert(
    typeof watch?.of === "function" && ["lower", "higher"].includes(watch.better),
    "watch must be a Watch",
    {
      where,
      hint: 'e.g. { name: "MAE", unit: "HU", better: "lower", of: (sct, ct, mask) => ... }',
    },
  );
  const optimizer = atRate(given.optimizer ?? model.optimizer ?? optimizers.adam(), rate);
  return { loss, optimizer, schedule, augmentations, batches, watch };
}

/** The batch source that a model names. One of a plugin is given to the Trainer as a value. */
function batchesOf({ name, batches = "paired" }: ModelSpec): BatchSourceType {
  const shipped: Readonly<Record<string, BatchSourceType>> = batchSources;
  return (
    shipped[batches] ??
    fail("not-found", `${name} learns from batches of the source "${batches}", which does not ship`, {
      where,
      hint: "give it as batches",
    })
  );
}

function normalizersOf(
  { name, outputs }: ModelSpec,
  given: TrainerOptions["normalizer"] = {},
): Pick<ResolvedOptions, "inputNormalizer" | "targetNormalizer"> {
  const ct = outputs.find(({ kind }) => kind === "ct");
  const range = ct?.kind === "ct" ? ct.range : undefined;
  const { input, target = targetFor(range) } = given;
  assert(
    range === undefined || (target.range && target.range[0] >= range[0] && target.range[1] <= range[1]),
    `${name} gives values from ${range?.join(" to ")}, the target's normalizer asks for ${target.range?.join(" to ") ?? "any"}`,
    { where, hint: "leave the target's normalizer out, or give it that output range" },
  );
  assert(target.isFitted, "the target's normalizer must be fitted, or its output can't be turned into HU", {
    where,
    hint: "use Normalizer.window, or fit it on training CTs",
  });
  return {
    inputNormalizer: (name) => (Normalizer.is(input) ? input : input?.[name]) ?? DEFAULT_NORMALIZERS.input,
    targetNormalizer: target,
  };
}

function atRate(
  optimizer: ResolvedOptions["optimizer"],
  rate: number | undefined,
): ResolvedOptions["optimizer"] {
  if (rate === undefined) return optimizer;
  if (isOptimizer(optimizer)) return optimizer.withRate(rate);
  const all = Object.entries(optimizer);
  const first = all[0]![1].learningRate;
  return Object.fromEntries(
    all.map(([name, each]) => [name, each.withRate((rate * each.learningRate) / first)]),
  );
}
