import { product } from "../../src/base/bytes/index.ts";
import { throwIfAborted } from "../../src/base/errors/index.ts";
import { Random } from "../../src/base/random/index.ts";
import { type TensorSession, wasm } from "../../src/networks/backends/index.ts";
import { losses, type NamedArrays, optimizers, RunOptimizers } from "../../src/networks/learning/index.ts";
import type { TrainBatch } from "../../src/networks/models/index.ts";
import { lendStep, type TrainableModel, type TrainStep, UNet } from "../../src/networks/models/index.ts";
import { decodeSafetensors, encodeChecked } from "../../src/road/model-file/index.ts";
import type { CacheFolder } from "../harness/cache-folder.ts";
import type { Row, Settings, Suite, Task } from "../harness/suite.ts";
import { initialWeights } from "./initial-weights.ts";
import { profileKernels } from "./kernel-times.ts";

/** Of the network and its batch. */
export interface StepShape {
  readonly baseFilters: number;
  readonly levels: number;
  readonly size: number;
  readonly batch: number;
  /** Absent: 2. */
  readonly dims?: 2 | 3;
}

interface StepSettings extends StepShape {
  /** Of the peer, and as many of ours. */
  readonly peerThreads: number;
}

const SMALL_3D = { baseFilters: 2, levels: 2, size: 8, batch: 1, dims: 3 } as const;

const row = (of: StepSettings, rest: Pick<Row, "id" | "runs" | "warmUp">): Row => ({
  ...rest,
  what: `U-Net base ${of.baseFilters}, ${of.levels} resolutions, ${shapeOf(of).slice(1, -1).join("×")}, batch ${of.batch}`,
  settings: { ...of },
  peer: `PyTorch, ${of.peerThreads === 1 ? "1 thread" : `${of.peerThreads} threads`}`,
  tolerance: 1e-4, // the loss of the first step, from the same weights and data in float32
});

/**
 * The same beside tfjs as it is published: its own kernels on one wasm thread, layers composed of its ops. In 2-D it has no gradient of a convolution's filter, so
 * only 3-D has such a row. Its max pooling is wrong on negative values, hence the tolerance.
 */
const besideStock = (
  of: Omit<StepSettings, "peerThreads">,
  rest: Pick<Row, "id" | "runs" | "warmUp">,
): Row => ({
  ...row({ ...of, peerThreads: 1 }, rest),
  peer: "stock tfjs, wasm",
  peerScript: "train.mjs",
  tolerance: 1e-3,
});

/**
 * One training step of the U-Net as the Trainer takes it: forward, masked L1, backward, Adam; the batch is in memory.
 * The peer is the same network from the same weights on the same data in eager PyTorch.
 */
export const train: Suite = {
  name: "train",
  summary: "one training step of the U-Net, beside PyTorch",
  rows(size) {
    if (size === "small")
      return [
        row(
          { baseFilters: 2, levels: 2, size: 16, batch: 2, peerThreads: 1 },
          { id: "unet-2x2", runs: 3, warmUp: 1 },
        ),
        row({ ...SMALL_3D, peerThreads: 1 }, { id: "unet-2x2-3d", runs: 2, warmUp: 1 }),
        besideStock(SMALL_3D, { id: "unet-2x2-3d-stock", runs: 2, warmUp: 1 }),
      ];
    const main = { baseFilters: 16, levels: 5, size: 128, batch: 4 };
    const deep = { baseFilters: 16, levels: 5, size: 64, batch: 1, dims: 3 } as const;
    return [
      row({ ...main, peerThreads: 2 }, { id: "unet-16x5", runs: 15, warmUp: 3 }),
      row({ ...main, peerThreads: 1 }, { id: "unet-16x5-one-thread", runs: 9, warmUp: 2 }),
      row(
        { baseFilters: 16, levels: 4, size: 96, batch: 8, peerThreads: 2 },
        { id: "unet-16x4", runs: 9, warmUp: 2 },
      ),
      row({ ...deep, peerThreads: 2 }, { id: "unet-16x5-3d", runs: 5, warmUp: 1 }),
      besideStock(deep, { id: "unet-16x5-3d-stock", runs: 1, warmUp: 0 }),
    ];
  },
  async prepare(rows, cache, signal) {
    for (const { settings } of rows) {
      throwIfAborted(signal);
      await cache.write(stepFile(stepOf(settings)), await stepInputs(stepOf(settings)));
    }
  },
  async task(_row, settings, cache) {
    return stepTask(settings, cache);
  },
};

/** Initial weights and one batch, for both sides. */
export async function stepInputs(settings: StepShape): Promise<Uint8Array> {
  const weights = await initialWeights(stepSpec(settings));
  const shape = shapeOf(settings);
  const random = new Random(2);
  const length = product(shape);
  const draw = () => Float32Array.from({ length }, () => random.next());
  const mask = draw().map((v) => (v < 0.3 ? 0 : 1));
  return encodeChecked({
    tensors: {
      ...weights,
      "batch.input": { data: draw(), shape },
      "batch.target": { data: draw(), shape },
      "batch.mask": { data: mask, shape },
    },
    metadata: {},
  });
}

async function stepTask(settings: Settings, cache: CacheFolder): Promise<Task> {
  const session = await wasm({ threads: stepOf(settings).peerThreads }).open();
  const { model, pair, next } = await openSteps(session, stepOf(settings), cache);
  let loss = Number.NaN;
  return {
    async work() {
      ({ loss } = await model.trainStep(pair, next()));
    },
    values: () => ({ loss }),
    details: async () => ({
      backend: "wasm",
      threads: session.can.threads,
      profile: await profileStep(session, model, pair, next()),
    }),
    versions: { tfjs: session.tensors.tf.version_core },
  };
}

/** A model in a session with its batch, and what it is lent for each step; the caller disposes of the model. */
export async function openSteps(session: TensorSession, settings: StepShape, cache: CacheFolder) {
  const { tensors } = decodeSafetensors(await cache.read(stepFile(settings)));
  const weights = Object.fromEntries(Object.entries(tensors).filter(([name]) => !name.startsWith("batch.")));
  const model = await stepSpec(settings).create(session, { random: new Random(1), weights });
  const lent = {
    optimizers: new RunOptimizers(session, optimizers.adam()),
    loss: await losses.l1().open(session),
  };
  let index = 0;
  return {
    model,
    weights,
    pair: pairOf(tensors),
    next: () => lendStep(lent, { index: index++, epoch: 0, rate: 1, seed: 0 }),
    dispose() {
      lent.optimizers.dispose();
      model.dispose();
    },
  };
}

/** Where one step's time goes, by forward, backward and optimizer. */
async function profileStep(
  session: Parameters<typeof profileKernels>[0],
  model: TrainableModel,
  pair: TrainBatch,
  step: TrainStep,
) {
  let phase = "forward";
  const watched: TrainStep = {
    ...step,
    optimize: (name, variables, loss) =>
      step.optimize(name, variables, () => {
        const value = loss();
        phase = "backward";
        // Gradients follow without a pause; the optimizer's update only after the loss was awaited.
        queueMicrotask(() => {
          phase = "optimizer";
        });
        return value;
      }),
  };
  const { kernels, ...rest } = await profileKernels(
    session,
    () => model.trainStep(pair, watched),
    () => phase,
  );
  return { ...rest, top: kernels.slice(0, 10) };
}

function pairOf(tensors: NamedArrays): TrainBatch {
  const batch = (name: string) => {
    const { data, shape } = tensors[`batch.${name}`]!;
    return { data, shape };
  };
  return {
    input: batch("input"),
    targets: { ct: { ...batch("target"), mask: tensors["batch.mask"]!.data } },
  };
}

function stepOf(settings: Settings): StepSettings {
  return settings as Settings & StepSettings;
}

/** Of a batch with one channel. */
function shapeOf({ size, batch, dims = 2 }: StepShape): number[] {
  return [batch, ...new Array<number>(dims).fill(size), 1];
}

export function stepSpec({ baseFilters, levels, dims = 2 }: StepShape) {
  return UNet({ baseFilters, levels, dims });
}

export function stepFile({ baseFilters, levels, size, batch, dims }: StepShape): string {
  return `train-${baseFilters}x${levels}-${size}-${batch}${dims === 3 ? "-3d" : ""}.safetensors`;
}
