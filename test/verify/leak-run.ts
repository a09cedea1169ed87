/** Steps of training with an eye on what piles up: tensors, their buffers, and the memory of the process. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Random } from "../../src/base/random/index.ts";
import { trainBatch } from "../../src/host/testing/model/data.ts";
import { type Backend, cpu, type TensorSession, wasm, webgpu } from "../../src/networks/backends/index.ts";
import { losses, optimizers, RunOptimizers } from "../../src/networks/learning/index.ts";
import { lendStep, type TrainableModel, UNet } from "../../src/networks/models/index.ts";
import { DeviceCounter } from "./count-device.ts";

/** What a process holds after a step. */
export interface Held {
  readonly step: number;
  readonly tensors: number;
  readonly buffers: number;
  /** Of tensors, in bytes. */
  readonly bytes: number;
  /** Resident memory of the process in bytes, after a collection of garbage. */
  readonly rss: number;
  /** On a graphics card: its buffers, tensors' and all others, those that wait to be used again too. */
  readonly card?: { readonly buffers: number; readonly bytes: number };
}

/** A network and its batches, as large as the backend bears. */
interface Subject {
  readonly backend: () => Backend<TensorSession>;
  readonly dims: 2 | 3;
  readonly baseFilters: number;
  readonly levels: number;
  readonly batch: number;
  /** Of each axis. */
  readonly side: number;
}

export const SUBJECTS: Readonly<Record<string, Subject>> = {
  "cpu 2-D": { backend: cpu, dims: 2, baseFilters: 4, levels: 3, batch: 2, side: 32 },
  "cpu 3-D": { backend: cpu, dims: 3, baseFilters: 4, levels: 2, batch: 2, side: 8 },
  "wasm 2-D": { backend: wasm, dims: 2, baseFilters: 16, levels: 4, batch: 4, side: 64 },
  "wasm 3-D": { backend: wasm, dims: 3, baseFilters: 8, levels: 3, batch: 2, side: 12 },
};

/** On a processor that plays the card: needs the environment of support/swiftshader.ts. */
export const ON_A_CARD: Readonly<Record<string, Subject>> = {
  "webgpu 2-D": { backend: webgpu, dims: 2, baseFilters: 4, levels: 2, batch: 2, side: 16 },
};

/**
 * Trains, and synthesises now and then.
 *
 * @param at steps after which is looked
 * @param after called after each step, to break something
 */
export async function held(
  { backend, dims, baseFilters, levels, batch, side }: Subject,
  at: readonly number[],
  after: (seen: { readonly session: TensorSession; readonly counter?: DeviceCounter }) => void = () =>
    undefined,
): Promise<readonly Held[]> {
  const session = await backend().open();
  const { device } = await session.run(
    () => session.tensors.tf.backend() as unknown as { readonly device?: GPUDevice },
  );
  const counter = device && new DeviceCounter(device);
  const spec = UNet({ dims, baseFilters, levels });
  const model: TrainableModel = await spec.create(session, { random: new Random(0) });
  const lent = {
    optimizers: new RunOptimizers(session, optimizers.adam({ learningRate: 1e-3, clipNorm: 1 })),
    loss: await losses.l1().open(session),
  };
  const found: Held[] = [];
  for (let step = 1; step <= at.at(-1)!; step++) {
    const pair = trainBatch(spec, batch, Array(dims).fill(side)); // new arrays, as a dataset gives them
    await model.trainStep(pair, lendStep(lent, { index: step - 1, epoch: 0, rate: 1, seed: 0 }));
    if (step % 10 === 0) await model.predict(pair.input, { random: () => new Random(0) });
    after({ session, counter });
    if (!at.includes(step)) continue;
    const { numTensors, numDataBuffers, numBytes } = await session.run(() => session.tensors.tf.memory());
    collect();
    await new Promise((resume) => setTimeout(resume, 50)); // array buffers are freed a moment later
    collect();
    const { rss } = process.memoryUsage();
    const memory = { tensors: numTensors, buffers: numDataBuffers, bytes: numBytes, rss };
    found.push({ step, ...memory, ...(counter ? { card: { ...counter.live } } : {}) });
  }
  model.dispose();
  lent.optimizers.dispose();
  session.close();
  return found;
}

/** Collects garbage, whether or not node was started with --expose-gc. */
function collect(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}
