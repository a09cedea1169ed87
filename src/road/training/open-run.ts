import { assert, fail } from "../../base/errors/index.ts";
import { Random } from "../../base/random/index.ts";
import type { TensorSession } from "../../networks/backends/index.ts";
import type { HuScale, NamedArrays, OpenLoss } from "../../networks/learning/index.ts";
import { RunOptimizers } from "../../networks/learning/index.ts";
import { isTrainable, type TrainableModel } from "../../networks/models/index.ts";
import type { BatchSource, Dataset, PreparedCase, SampleLoader } from "../data/index.ts";
import { CaseCache, plainLoader, prepareCase, trainingCase } from "../data/index.ts";
import { Normalizer, type Preparation } from "../preparation/index.ts";
import { openModel } from "../synthesis/index.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { frozenBy, watchFrozen } from "./freeze.ts";
import type { ResolvedOptions } from "./options.ts";
import type { RunPlan } from "./plan.ts";
import type { RunState } from "./run-state.ts";
import { WeightAverage } from "./weight-average.ts";

/** Batches on their way may take a quarter of the memory. */
const RING_SHARE = 4;

/** What a run works with. Call `close` at the end. */
export interface OpenRun extends RunPlan {
  readonly options: ResolvedOptions;
  readonly dataset: Dataset;
  readonly session: TensorSession;
  readonly model: TrainableModel;
  readonly optimizers: RunOptimizers;
  readonly loss: OpenLoss;
  readonly cases: CaseCache<PreparedCase>;
  readonly batches: BatchSource;
  readonly loader: SampleLoader;
  /** `undefined` when the run keeps none. */
  readonly average: WeightAverage | undefined;
  /** Of the model, all and frozen ones. */
  readonly parameters: number;
  readonly frozen: number;
  /** @throws MidashError `unsupported` when the model changed a weight that is frozen */
  assertFrozen(weights: NamedArrays): void;
  close(): Promise<void>;
}

/** Makes the model, its optimizers and its batches, as they were at the checkpoint where there is one. */
export async function openRun(
  options: ResolvedOptions,
  { dataset, plan }: { readonly dataset: Dataset; readonly plan: RunPlan },
  state: RunState,
  before: Checkpoint | undefined,
): Promise<OpenRun> {
  const { preparation } = plan;
  const { session, model } = await openTrainable(options, before?.weights ?? options.from?.weights);
  const optimizers = new RunOptimizers(session, options.optimizer);
  let loss: OpenLoss | undefined;
  let loader: SampleLoader | undefined;
  const close = async () => {
    optimizers.dispose();
    loss?.dispose?.();
    model.dispose();
    session.close();
    await loader?.close();
  };
  try {
    loss = await options.loss.open(session, { hu: huScales(options, preparation) });
    const { outputs } = options.model;
    const samples = openLoader(options, dataset, preparation);
    loader = samples;
    // What simulated an image it does not say itself: less is taken for granted.
    const note = ({ simulated }: { readonly simulated: boolean }) => {
      if (simulated && state.trainedOn === "patients") state.trainedOn = "phantoms";
    };
    const cases = new CaseCache(async (source, stop) => {
      const prepared = await prepareCase(source, preparation, stop);
      note(prepared);
      return prepared;
    }, options.memory);
    const batches = options.batches.open({
      ...options,
      cases: dataset.train,
      async prepare(source, stop) {
        if (!source.prepared)
          return trainingCase(await cases.get(source, stop), preparation, outputs, options.foreground);
        note(source.prepared.entry);
        return samples.open(source.prepared, stop);
      },
      stepsPerEpoch: options.accumulate * (options.stepsPerEpoch ?? Number.POSITIVE_INFINITY),
      groupBytes: options.memory,
      cut: samples.cut,
      ahead: samples.ahead,
    });
    if (before) {
      if (before.model) await model.restore?.(before.model);
      await optimizers.restore(before.optimizers);
    }
    const weights = await model.weights();
    const assertFrozen = watchFrozen(options.freeze, weights, options.model.name);
    const isFrozen = frozenBy(options.freeze);
    return {
      ...plan,
      ...{ options, dataset, session, model, optimizers, loss, cases, batches, assertFrozen, close },
      loader: samples,
      average: options.ema > 0 ? new WeightAverage(options.ema, before?.average ?? weights) : undefined,
      parameters: countParameters(weights, () => true),
      frozen: countParameters(weights, isFrozen),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** How values of the outputs that are CTs stand for HU. */
function huScales({ model }: ResolvedOptions, preparation: Preparation): Readonly<Record<string, HuScale>> {
  const { targets } = preparation.toJSON().steps.find(({ type }) => type === "normalise")!;
  const { fitted } = Normalizer.fromJSON((targets as Readonly<Record<string, unknown>>).ct).toJSON(); // the step has seen to it
  const cts = model.outputs.filter(({ kind }) => kind === "ct");
  return Object.fromEntries(cts.map(({ name }) => [name, fitted!]));
}

/** Who cuts the samples: threads, where they are asked for and the data is prepared. */
function openLoader(
  { loader, model, augmentations, seed, foreground, batchSize, memory }: ResolvedOptions,
  { train }: Dataset,
  preparation: Preparation,
): SampleLoader {
  assert(
    foreground === 0 || preparation.sampler.type !== "slices",
    "is for patches: slices are all learnt from",
    {
      where: { call: "Trainer", option: "foreground" },
      hint: "leave it out",
    },
  );
  const bytes = Math.floor(memory / RING_SHARE);
  const setup = {
    preparation,
    outputs: model.outputs,
    augmentations,
    seed,
    foreground,
    batchSize,
    cases: train,
    bytes,
  };
  if (!loader) return plainLoader(setup);
  if (train.every(({ prepared }) => prepared)) return loader.open(setup);
  return plainLoader(setup, "the data is not prepared: midash prepare does it once for all runs");
}

/** The model in a session of its own, ready to learn. */
async function openTrainable(options: ResolvedOptions, weights: NamedArrays | undefined) {
  const random = Random.fork(options.seed, "weights");
  const { session, model } = await openModel(options.model, options.backend, {
    random,
    weights,
    frozen: frozenBy(options.freeze),
  });
  const { train, whyNotTrain } = session.can;
  if (!session.graphs && train && isTrainable(model)) return { session, model };
  model.dispose();
  session.close();
  if (!train)
    fail("unsupported", `can't be trained on${whyNotTrain ? `: ${whyNotTrain}` : ""}`, {
      where: options.backend.name,
      hint: "train on wasm, which runs everywhere",
    });
  return fail("unsupported", "this model can only be asked, it has no trainStep", {
    where: options.model.name,
  });
}

function countParameters(weights: NamedArrays, wanted: (name: string) => boolean): number {
  return Object.entries(weights).reduce((n, [name, { data }]) => (wanted(name) ? n + data.length : n), 0);
}
