/** What {@link webgpu} loads when it is asked: a page that computes elsewhere never does. */
import { MidashError } from "../../../base/errors/index.ts";
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
import { whyNoMatrixUnits } from "./matrix-units.ts";
import type { GpuBackend } from "./of-backend.ts";
import { type BufferStore, steadyBuffers } from "./steady-buffers.ts";
import type { TileChoices } from "./tile-choices.ts";
import { Tuner } from "./tuner.ts";

/** What convolutions multiply in, as it is asked for. */
export type Precision = "f32" | "f16" | "f16-emulated";

/** What a session is opened with. */
export interface OpenWebgpuOptions extends DeviceOptions {
  /** Default f32. */
  readonly precision?: Precision;
  readonly tiles?: TileChoices;
}

/** Finds out whether it would open. @throws MidashError `missing-package`, `unsupported` */
export async function assertUsable({ precision, ...options }: OpenWebgpuOptions): Promise<void> {
  await load();
  const { features } = await findAdapter(options);
  if (precision === "f16" && !features.has("shader-f16"))
    throw new MidashError("unsupported", "this graphics adapter offers no half precision (shader-f16)", {
      where: "webgpu",
      hint: 'take precision "f32", which runs on every adapter',
    });
}

/** See `Backend.open`. */
export function openWebgpu(options: OpenWebgpuOptions = {}): Promise<TensorSession> {
  const { precision = "f32", tiles } = options;
  const name = precision === "f32" ? "webgpu" : `webgpu-${precision}`;
  const deterministic = !tiles?.measure;
  return openTfSession(name, { train: true, deterministic }, async (tf) => {
    await assertUsable(options);
    const health = await start(tf, await load(), { name, precision });
    registerConvolutions(tf, name);
    registerNorm(tf, name);
    registerDoubleNearest(tf, name);
    registerBinaryRanks(tf, name);
    registerRanks(tf, name);
    registerWaves(tf, name);
    await tf.setBackend(name);
    const backend = tf.backend() as unknown as GpuBackend;
    const whyNotMatrix = precision === "f16" ? await whyNoMatrixUnits(tf, backend) : undefined;
    const tuner = tiles && new Tuner(backend, tiles);
    return {
      layers: { ...ownLayers(tf), normLeaky: normLeakyLayer(tf) },
      adam: adamInPlace(tf),
      can: {
        products: backend.products ?? "f32",
        ...(whyNotMatrix === undefined ? {} : { whyNotMatrix }),
      },
      watch: (work) => health.watch(() => tuned(backend, tuner, work)),
    };
  });
}

/** Does work while `tuner`, where there is one, chooses tiles. */
async function tuned<T>(backend: GpuBackend, tuner: Tuner | undefined, work: () => Promise<T>): Promise<T> {
  if (!tuner) return work();
  backend.choices = tuner;
  try {
    const result = await work();
    await tuner.settle();
    return result;
  } finally {
    backend.choices = undefined;
  }
}

/** The states of the devices under tfjs's backends by their names, kept on tf's engine: the ESM and CJS builds of this library share one. */
const OURS = Symbol.for("@midash/core/webgpu");

interface TfjsWebgpu {
  readonly WebGPUBackend: new (device: GPUDevice, info: unknown) => { readonly bufferManager: BufferStore };
}

async function load(): Promise<TfjsWebgpu> {
  await webgpuOf();
  return loadPackage<TfjsWebgpu>("@tensorflow/tfjs-backend-webgpu", {
    where: "webgpu",
    why: "the ops beside our own kernels are its",
    load: importTfjs,
  });
}

/**
 * Starts tfjs's backend on a device of our own, with all features, where none runs or the one that ran is lost: sessions of that one go on refusing. Each
 * precision is a backend, for its kernels compute otherwise.
 */
function start(
  tf: Tf,
  { WebGPUBackend }: TfjsWebgpu,
  { name, precision }: { readonly name: string; readonly precision: Precision },
): Promise<DeviceHealth> {
  const engine = tf.engine() as unknown as { [OURS]?: Map<string, Promise<DeviceHealth>> };
  engine[OURS] ??= new Map();
  const renew = async () => {
    const { device, adapter, health } = await openDevice();
    if (tf.findBackendFactory(name)) tf.removeBackend(name);
    if (name !== "webgpu" && tf.getKernelsForBackend(name).length === 0)
      tf.copyRegisteredKernels("webgpu", name);
    tf.registerBackend(name, () => {
      const backend = new WebGPUBackend(device, adapter.info);
      steadyBuffers(backend.bufferManager);
      (backend as unknown as GpuBackend).products = precision;
      return backend as never;
    });
    await tf.setBackend(name);
    return health;
  };
  const before = Promise.resolve(engine[OURS].get(name)).catch(() => undefined); // a start that failed is tried again
  const started = before.then((health) => (health && !health.ended ? health : renew()));
  engine[OURS].set(name, started);
  return started;
}

/** Within a try, so that bundlers let a page be built where the package is not installed. */
async function importTfjs(): Promise<unknown> {
  try {
    return await import("@tensorflow/tfjs-backend-webgpu");
  } catch (cause) {
    throw new Error("@tensorflow/tfjs-backend-webgpu does not load", { cause });
  }
}
