/**
 * The WebGPU backend: trains and asks networks on a graphics card, in browsers and, by way of the package `webgpu`, in Node, on any vendor's card. tfjs's own is the engine; what
 * networks are made of is computed by kernels of this library.
 *
 * @example
 * import { webgpu } from "@midash/core/backends/webgpu";
 * const session = await webgpu().open();
 *
 * @module
 */
import { errorJson, errorText } from "../../../base/errors/index.ts";
import { loadPackage } from "../../../base/platform/index.ts";
import type { Backend, TensorSession, Tf } from "../backend.ts";
import { openTfSession } from "../engine.ts";
import { normLeakyLayer } from "../tfjs/norm-leaky.ts";
import { adamStep, ownLayers } from "../tfjs/own-kernels.ts";
import { openDevice, webgpuOf } from "./device.ts";
import { registerAdam } from "./kernels/adam.ts";
import { registerConvolutions } from "./kernels/convolutions.ts";
import { registerDoubleNearest } from "./kernels/double-nearest.ts";
import { registerNorm } from "./kernels/norm.ts";
import { registerRanks } from "./kernels/ranks.ts";
import { registerWaves } from "./kernels/waves.ts";

/** The WebGPU backend. Loads nothing until it is asked or opened. */
export function webgpu(): Backend<TensorSession> {
  return {
    name: "webgpu",
    async supports() {
      try {
        await load();
        const adapter = await (await webgpuOf()).requestAdapter();
        return adapter ? true : { reason: "WebGPU finds no graphics adapter" };
      } catch (error) {
        return { reason: errorText({ ...errorJson(error), where: undefined }) };
      }
    },
    open: () =>
      openTfSession("webgpu", { train: true, deterministic: true }, async (tf) => {
        await webgpuOf();
        const package_ = await load();
        start(tf, package_);
        await tf.setBackend("webgpu");
        registerConvolutions(tf, "webgpu");
        registerNorm(tf, "webgpu");
        registerDoubleNearest(tf, "webgpu");
        registerRanks(tf, "webgpu");
        registerWaves(tf, "webgpu");
        registerAdam(tf, "webgpu");
        return { layers: { ...ownLayers(tf), normLeaky: normLeakyLayer(tf) }, adam: adamStep(tf) };
      }),
  };
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
