import { assert } from "../../base/errors/index.ts";
import type { Triple } from "../../imaging/volume/index.ts";
import type { Backend } from "../../networks/backends/index.ts";
import type { Optimizer } from "../../networks/learning/index.ts";
import { isOptimizer, type Loss, optimizers } from "../../networks/learning/index.ts";
import { defaultLoss, type ModelSpec } from "../../networks/models/index.ts";
import type { Background } from "../model-file/index.ts";
import { assertDims, Normalizer, type Sampler, Slicer, type Step } from "../preparation/index.ts";
import { memoryRunStore, type RunStore } from "./run-store.ts";

/** Options of {@link Trainer}. The defaults are the capstone's recipe: L1, Adam 1e-4, batch 8, 50 epochs, early stopping. */
export interface TrainerOptions {
  readonly model: ModelSpec;
  readonly backend: Backend;
  /** Default: axial slices, as large as the first training case needs. */
  readonly slicer?: Sampler;
  /** Default: {@link DEFAULT_NORMALIZERS}. */
  readonly normalizer?: {
    readonly input?: Normalizer | Readonly<Record<string, Normalizer>>;
    readonly target?: Normalizer;
  };
  /** Input names in channel order. Default: all of the first training case. */
  readonly inputs?: readonly string[];
  /** Voxel size in mm that the model works at. Default: that of the first training case. Others are resampled. */
  readonly spacing?: Triple;
  /** Further steps on the model's grid, before inputs and target are normalised, e.g. `biasField()`. Default: none. */
  readonly steps?: readonly Step[];
  /** Default: `defaultLoss` of the model's outputs, which is `losses.l1()` where the CT is all. Taken over the body and 20 mm around it. */
  readonly loss?: Loss;
  /** One for all of a model's names, or one for each. Default: what the model recommends ({@link ModelSpec.optimizer}), else Adam at 1e-4, the capstone's. */
  readonly optimizer?: Optimizer | Readonly<Record<string, Optimizer>>;
  /** In place of the optimizer's own. Of several the first takes it, and the others keep their ratio to it. */
  readonly learningRate?: number;
  /** `constant` (default, the capstone's), or `cosine`: from epoch to epoch down towards 0. */
  readonly schedule?: "constant" | "cosine";
  /** Slices in a batch. Default 8. */
  readonly batchSize?: number;
  /** Default 50. */
  readonly epochs?: number;
  /** Batches in an epoch. Default: each slice once. Fewer validate more often; more go over the slices again. */
  readonly stepsPerEpoch?: number;
  /** Stop when validation MAE has not improved for `patience` epochs. Default 10; `false` for never. */
  readonly earlyStopping?: { readonly patience?: number } | false;
  /** Mirror slices left and right at random. Default false. */
  readonly flip?: boolean;
  /** Decides initial weights and the order of slices. Default 0. */
  readonly seed?: number;
  /** Keeps `last.safetensors` (to resume) and `best.safetensors` (a model file). Default: in memory. */
  readonly store?: RunStore;
  /** What synthesis does outside the body. Default: air, with a mask estimated from the MR grown by 8 mm. */
  readonly background?: Partial<Background>;
  /** Bytes of prepared cases that are kept in memory and whose slices are shuffled together. Default 1 GiB. */
  readonly cacheBytes?: number;
  /** Licence of the weights, SPDX. Default `UNLICENSED`. */
  readonly licence?: string;
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
export interface ResolvedOptions {
  readonly model: ModelSpec;
  readonly backend: Backend;
  readonly slicer: Sampler;
  readonly inputNormalizer: (name: string) => Normalizer;
  readonly targetNormalizer: Normalizer;
  readonly inputs: readonly string[] | undefined;
  readonly spacing: Triple | undefined;
  readonly steps: readonly Step[];
  readonly loss: Loss;
  readonly optimizer: Optimizer | Readonly<Record<string, Optimizer>>;
  readonly schedule: "constant" | "cosine";
  readonly batchSize: number;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly patience: number;
  readonly flip: boolean;
  readonly seed: number;
  readonly store: RunStore;
  readonly background: Background;
  readonly cacheBytes: number;
  readonly licence: string;
}

const KNOWN: ReadonlySet<string> = new Set<keyof TrainerOptions>([
  "model",
  "backend",
  "slicer",
  "normalizer",
  "inputs",
  "spacing",
  "steps",
  "loss",
  "optimizer",
  "learningRate",
  "schedule",
  "batchSize",
  "epochs",
  "stepsPerEpoch",
  "earlyStopping",
  "flip",
  "seed",
  "store",
  "background",
  "cacheBytes",
  "licence",
]);

export function resolveOptions(options: TrainerOptions): ResolvedOptions {
  const { batchSize = 8, epochs = 50, schedule = "constant", earlyStopping = {}, seed = 0 } = options;
  const where = { call: "Trainer" };
  for (const key of Object.keys(options))
    assert(KNOWN.has(key), `unknown option "${key}"`, {
      where,
      hint: `options are ${[...KNOWN].join(", ")}`,
    });
  assert(typeof options.model?.create === "function", "model must be a ModelSpec", {
    where,
    hint: "what a model factory gives, e.g. MyNet({ filters: 8 })",
  });
  assert(typeof options.backend?.open === "function", "backend must be a Backend", {
    where,
    hint: "e.g. wasm(), called",
  });
  const { slicer = Slicer.slices() } = options;
  assertDims(options.model, slicer, where);
  assert(
    Number.isInteger(batchSize) && batchSize > 0,
    `batchSize must be a positive integer, got ${batchSize}`,
    { where },
  );
  assert(Number.isInteger(epochs) && epochs > 0, `epochs must be a positive integer, got ${epochs}`, {
    where,
  });
  assert(
    schedule === "constant" || schedule === "cosine",
    `schedule must be constant or cosine, got ${schedule}`,
    { where },
  );
  const { stepsPerEpoch = Number.POSITIVE_INFINITY } = options;
  assert(stepsPerEpoch >= 1, `stepsPerEpoch must be at least 1, got ${stepsPerEpoch}`, { where });
  const { loss = defaultLoss(options.model.outputs) } = options;
  assert(typeof loss?.open === "function", "loss must be a Loss", {
    where,
    hint: "e.g. losses.l1(), called",
  });
  const patience = earlyStopping === false ? Number.POSITIVE_INFINITY : (earlyStopping.patience ?? 10);
  assert(patience > 0, `patience must be positive, got ${patience}`, { where });
  const ct = options.model.outputs.find(({ kind }) => kind === "ct");
  const range = ct?.kind === "ct" ? ct.range : undefined;
  const { input, target = targetFor(range) } = options.normalizer ?? {};
  assert(
    range === undefined || (target.range && target.range[0] >= range[0] && target.range[1] <= range[1]),
    `${options.model.name} gives values from ${range?.join(" to ")}, the target's normalizer asks for ${target.range?.join(" to ") ?? "any"}`,
    { where, hint: "leave the target's normalizer out, or give it that output range" },
  );
  assert(target.isFitted, "the target's normalizer must be fitted, or its output can't be turned into HU", {
    where,
    hint: "use Normalizer.window, or fit it on training CTs",
  });
  return {
    model: options.model,
    backend: options.backend,
    slicer,
    inputNormalizer: (name) => (Normalizer.is(input) ? input : input?.[name]) ?? DEFAULT_NORMALIZERS.input,
    targetNormalizer: target,
    inputs: options.inputs,
    spacing: options.spacing,
    steps: options.steps ?? [],
    loss,
    optimizer: atRate(
      options.optimizer ?? options.model.optimizer ?? optimizers.adam(),
      options.learningRate,
    ),
    schedule,
    batchSize,
    epochs,
    stepsPerEpoch,
    patience,
    flip: options.flip ?? false,
    seed,
    store: options.store ?? memoryRunStore(),
    background: { outside: "air", margin: 8, ...options.background },
    cacheBytes: options.cacheBytes ?? 2 ** 30,
    licence: options.licence ?? "UNLICENSED",
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
