import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Random } from "../../src/base/random/index.ts";
import {
  type Backend,
  onnx,
  type Session,
  type TensorSession,
  wasm,
} from "../../src/networks/backends/index.ts";
import { webgpu } from "../../src/networks/backends/webgpu/webgpu.ts";
import { losses, optimizers, RunOptimizers } from "../../src/networks/learning/index.ts";
import { type Batch, lendStep, type TrainBatch, UNet } from "../../src/networks/models/index.ts";
import { openModel } from "../../src/road/synthesis/index.ts";
import { CacheFolder } from "../harness/cache-folder.ts";
import { feed, type LoaderSettings, writeCases } from "../suites/loader.ts";
import { openSteps, stepSpec } from "../suites/train.ts";
import type { ConvolutionCase, GpuCase, NetworkCase } from "./cases.ts";
import type { ServedCase, ServedEngine } from "./serve-engine.mjs";
import { convolutionOf, drained } from "./tf-convolution.mjs";

/** Our own kernels, in float32 or float16. @throws MidashError where there is no adapter, or the adapter or backend has no float16 */
export async function midashEngine(precision: "f32" | "f16"): Promise<ServedEngine> {
  const backend = backendOf(precision);
  const supported = await backend.supports();
  if (supported !== true) throw new Error(supported.reason);
  const session = await backend.open();
  const { tf } = session.tensors;
  return {
    facts: { tfjs: tf.version_core },
    async open(given, _as, folder) {
      const of = given as GpuCase;
      if (of.kind === "conv") return convolution(session, of);
      const cache = new CacheFolder(folder);
      if (of.kind === "train") return training(session, of, cache);
      if (of.kind === "predict") return inference(backendOf(precision), of, cache, () => finished(session));
      if (of.kind === "loaded") return fromLoader(session, of, folder);
      return againstWasm(session, of, cache);
    },
  };
}

/** ONNX Runtime with its own WebGPU kernels, in its worker thread: inference alone. */
export async function onnxEngine(): Promise<ServedEngine> {
  const backend = onnx({ provider: "webgpu" });
  const supported = await backend.supports();
  if (supported !== true) throw new Error(supported.reason);
  return {
    facts: {},
    async open(given, _as, folder) {
      const of = given as GpuCase;
      if (of.kind !== "predict") throw new Error(`it computes no ${of.kind}`);
      return inference(backend, of, new CacheFolder(folder), async () => undefined);
    },
  };
}

function backendOf(precision: "f32" | "f16"): Backend<TensorSession> {
  if (precision === "f32") return webgpu();
  const half: Backend<TensorSession> = (webgpu as (options: { precision: "f16" }) => typeof half)({
    precision,
  });
  if (half.name !== "webgpu-f16") throw new Error("this version's webgpu() has no float16");
  return half;
}

/** What the session was given is done by the GPU. */
function finished(session: TensorSession): Promise<void> {
  return session.run(() => drained(session.tensors.tf));
}

async function training(session: TensorSession, of: NetworkCase, cache: CacheFolder): Promise<ServedCase> {
  const { model, pair, next, dispose } = await openSteps(session, of, cache);
  return {
    async run(steps) {
      let loss = Number.NaN;
      for (let n = 0; n < steps; n++) loss = (await model.trainStep(pair, next())).loss!;
      await finished(session);
      return { loss };
    },
    close: dispose,
  };
}

async function inference(
  backend: Backend<Session>,
  of: NetworkCase,
  cache: CacheFolder,
  done: () => Promise<void>,
): Promise<ServedCase> {
  const { weights, input } = await stepArrays(of, cache);
  const { session, model } = await openModel<Session>(stepSpec(of), backend, {
    random: new Random(1),
    weights,
  });
  return {
    async run(steps) {
      let out: Batch | undefined;
      for (let n = 0; n < steps; n++) out = await model.predict(input, { random: () => new Random(0) });
      await done();
      return { mean: meanOf(out!.data) };
    },
    close() {
      model.dispose();
      session.close();
    },
  };
}

async function stepArrays(of: NetworkCase, cache: CacheFolder) {
  const session = await wasm({ threads: 1 }).open();
  const { weights, pair, dispose } = await openSteps(session, of, cache);
  dispose();
  session.close();
  return { weights, input: pair.input, pair };
}

async function convolution(session: TensorSession, of: ConvolutionCase): Promise<ServedCase> {
  const { run, close } = await session.run(() => convolutionOf(session.tensors.tf, of));
  return {
    run: (steps) => session.run(() => run(steps)),
    close: () => session.run(() => close()),
  };
}

/** Ten steps from the same seed here and on wasm, and what both make of one batch: in units of the output, and in HU at 512 a unit. */
async function againstWasm(session: TensorSession, of: NetworkCase, cache: CacheFolder): Promise<ServedCase> {
  const other = await wasm().open();
  const [here, there] = [await openSteps(session, of, cache), await openSteps(other, of, cache)];
  return {
    async run() {
      const how = { random: () => new Random(0) };
      const ours = await here.model.predict(here.pair.input, how);
      const theirs = await there.model.predict(there.pair.input, how);
      const apart = ours.data.reduce((most, v, n) => Math.max(most, Math.abs(v - theirs.data[n]!)), 0);
      let loss = 0;
      for (let n = 0; n < 10; n++) {
        const a = (await here.model.trainStep(here.pair, here.next())).loss!;
        const b = (await there.model.trainStep(there.pair, there.next())).loss!;
        loss = Math.max(loss, Math.abs(a - b) / b);
      }
      return { hu: 512 * apart, loss };
    },
    close() {
      here.dispose();
      there.dispose();
      other.close();
    },
  };
}

/** Steps on slices as they come from shards on the disk through threads, every augmentation left out. */
async function fromLoader(session: TensorSession, of: NetworkCase, folder: string): Promise<ServedCase> {
  const { size, batch, baseFilters, levels } = of;
  const slices = 32;
  const settings: LoaderSettings = {
    cases: 4,
    shape: [size, size, slices],
    batch,
    threads: 2,
    batches: 0,
    filters: baseFilters,
  };
  const shards = join(folder, `loaded-${size}`);
  await writeCases(settings, shards);
  const { loader, batches } = await feed(shards, settings, []);
  const model = await UNet({ baseFilters, levels }).create(session, { random: new Random(1) });
  const lent = {
    optimizers: new RunOptimizers(session, optimizers.adam()),
    loss: await losses.l1().open(session, { hu: {} }),
  };
  let [index, coming] = [0, batches()[Symbol.asyncIterator]()];
  const next = async (): Promise<TrainBatch> => {
    const { value, done } = await coming.next();
    if (!done) return value;
    coming = batches()[Symbol.asyncIterator]();
    return next();
  };
  return {
    async run(steps) {
      let loss = Number.NaN;
      for (let n = 0; n < steps; n++) {
        const step = lendStep(lent, { index: index++, epoch: 0, rate: 1, seed: 0 });
        loss = (await model.trainStep(await next(), step)).loss!;
      }
      await finished(session);
      return { loss };
    },
    async close() {
      await coming.return?.();
      await loader.close();
      lent.optimizers.dispose();
      model.dispose();
      await rm(shards, { recursive: true, force: true });
    },
  };
}

function meanOf(data: Float32Array): number {
  return data.reduce((sum, v) => sum + Math.abs(v), 0) / data.length;
}
