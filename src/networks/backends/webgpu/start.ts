/** What {@link webgpu} loads when it is asked: a page that computes elsewhere never does. */
import { loadPackage } from "../../../base/platform/index.ts";
import type { TensorSession, Tf } from "../backend.ts";
import { openTfSession } from "../engine.ts";
import { normLeakyLayer } from "../tfjs/norm-leaky.ts";
import { adamStep, ownLayers } from "../tfjs/own-kernels.ts";
import { registerBinaryRanks, registerRanks } from "../tfjs/ranks.ts";
import { openDevice, webgpuOf } from "./device.ts";
import { registerAdam } from "./kernels/adam.ts";
import { registerConvolutions } from "./kernels/convolutions.ts";
import { registerDoubleNearest } from "./kernels/double-nearest.ts";
import { registerNorm } from "./kernels/norm.ts";
import { registerWaves } from "./kernels/waves.ts";

/** Whether an adapter is here. @throws MidashError `missing-package`, `unsupported` */
export async function hasAdapter(): Promise<boolean> {
  await load();
  return (await (await webgpuOf()).requestAdapter()) !== null;
}

/** See `Backend.open`. */
export function openWebgpu(): Promise<TensorSession> {
  return openTfSession("webgpu", { train: true, deterministic: true }, async (tf) => {
    start(tf, await load());
    await tf.setBackend("webgpu");
    registerConvolutions(tf, "webgpu");
    registerNorm(tf, "webgpu");
    registerDoubleNearest(tf, "webgpu");
    registerBinaryRanks(tf, "webgpu");
    registerRanks(tf, "webgpu");
    registerWaves(tf, "webgpu");
    registerAdam(tf, "webgpu");
    return { layers: { ...ownLayers(tf), normLeaky: normLeakyLayer(tf) }, adam: adamStep(tf) };
  });
}

/** Whose backend it is. */
const OURS = Symbol.for("@midash/core/webgpu");

interface TfjsWebgpu {
  readonly WebGPUBackend: new (device: GPUDevice, info: unknown) => object;
}

async function load(): Promise<TfjsWebgpu> {
  await webgpuOf();
  return loadPackage<TfjsWebgpu>("@tensorflow/tfjs-backend-webgpu", {
    where: "webgpu",
    why: "the ops beside our own kernels are its",
    load: () => import("@tensorflow/tfjs-backend-webgpu"),
  });
}

/** Registers tfjs's backend on a device of our own: with all features, and waited for where it lacks. */
function start(tf: Tf, { WebGPUBackend }: TfjsWebgpu): void {
  const engine = tf.engine() as unknown as { [OURS]?: true };
  if (engine[OURS]) return;
  engine[OURS] = true;
  tf.removeBackend("webgpu");
  tf.registerBackend("webgpu", async () => {
    const { device, adapter } = await openDevice();
    return new WebGPUBackend(device, adapter.info) as never;
  });
}
