/** What {@link webgpu} loads when it is asked: a page that computes elsewhere never does. */
import { loadPackage } from "../../../base/platform/index.ts";
import type { TensorSession, Tf } from "../backend.ts";
import { openTfSession } from "../engine.ts";
import { normLeakyLayer } from "../tfjs/norm-leaky.ts";
import { ownLayers } from "../tfjs/own-kernels.ts";
import { registerBinaryRanks, registerRanks } from "../tfjs/ranks.ts";
import { type DeviceOptions, findAdapter, openDevice, webgpuOf } from "./device.ts";
import type { DeviceHealth } from "./health.ts";
import { adamInPlace } from "./kernels/adam.ts";
import { registerConvolutions } from "./kernels/convolutions.ts";
import { registerDoubleNearest } from "./kernels/double-nearest.ts";
import { registerNorm } from "./kernels/norm.ts";
import { registerWaves } from "./kernels/waves.ts";
import { type BufferStore, steadyBuffers } from "./steady-buffers.ts";

/** Finds out whether it would open. @throws MidashError `missing-package`, `unsupported` */
export async function assertUsable(options: DeviceOptions): Promise<void> {
  await load();
  await findAdapter(options);
}

/** See `Backend.open`. */
export function openWebgpu(options: DeviceOptions): Promise<TensorSession> {
  return openTfSession("webgpu", { train: true, deterministic: true }, async (tf) => {
    await assertUsable(options);
    const health = await start(tf, await load());
    registerConvolutions(tf, "webgpu");
    registerNorm(tf, "webgpu");
    registerDoubleNearest(tf, "webgpu");
    registerBinaryRanks(tf, "webgpu");
    registerRanks(tf, "webgpu");
    registerWaves(tf, "webgpu");
    return {
      layers: { ...ownLayers(tf), normLeaky: normLeakyLayer(tf) },
      adam: adamInPlace(tf),
      watch: (work) => health.watch(work),
    };
  });
}

/** The state of the device under tfjs's backend, kept on tf's engine: the ESM and CJS builds of this library share one. */
const OURS = Symbol.for("@midash/core/webgpu");

interface TfjsWebgpu {
  readonly WebGPUBackend: new (device: GPUDevice, info: unknown) => { readonly bufferManager: BufferStore };
}

async function load(): Promise<TfjsWebgpu> {
  await webgpuOf();
  return loadPackage<TfjsWebgpu>("@tensorflow/tfjs-backend-webgpu", {
    where: "webgpu",
    why: "the ops beside our own kernels are its",
    load: () => import("@tensorflow/tfjs-backend-webgpu"),
  });
}

/** Starts tfjs's backend on a device of our own, with all features, where none runs or the one that ran is lost: sessions of that one go on refusing. */
function start(tf: Tf, { WebGPUBackend }: TfjsWebgpu): Promise<DeviceHealth> {
  const engine = tf.engine() as unknown as { [OURS]?: Promise<DeviceHealth> };
  const renew = async () => {
    const { device, adapter, health } = await openDevice();
    tf.removeBackend("webgpu");
    tf.registerBackend("webgpu", () => {
      const backend = new WebGPUBackend(device, adapter.info);
      steadyBuffers(backend.bufferManager);
      return backend as never;
    });
    await tf.setBackend("webgpu");
    return health;
  };
  const before = Promise.resolve(engine[OURS]).catch(() => undefined); // a start that failed is tried again
  engine[OURS] = before.then((health) => (health && !health.ended ? health : renew()));
  return engine[OURS];
}
