/** What {@link webgpu} loads when it is asked: a page that computes elsewhere never does. */
import { MidashError } from "../../../base/errors/index.ts";
import { loadPackage } from "../../../base/platform/index.ts";
import type { TensorSession, Tf } from "../backend.ts";
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
import { whyNoMatrixUnits } from "./matrix-units.ts";
import type { GpuBackend } from "./of-backend.ts";
import type { TileChoices } from "./tile-choices.ts";
import { Tuner } from "./tuner.ts";

/** What convolutions multiply in, as it is asked for. */
export type Precision = "f32" | "f16" | "f16-emulated";

/** Whether an adapter is here that computes so. @throws MidashError `missing-package`, `unsupported` */
export async function supportsWebgpu(precision: Precision): Promise<true | { readonly reason: string }> {
  await load();
  const adapter = await (await webgpuOf()).requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) return { reason: "WebGPU finds no graphics adapter" };
  if (precision === "f16" && !adapter.features.has("shader-f16")) return { reason: NO_F16 };
  return true;
}

const NO_F16 = "this graphics adapter offers no half precision (shader-f16)";

/** See `Backend.open`. */
export async function openWebgpu({
  precision = "f32",
  tiles,
}: {
  readonly precision?: Precision;
  readonly tiles?: TileChoices;
} = {}): Promise<TensorSession> {
  if (precision === "f16") await refuseWithoutF16();
  const name = precision === "f32" ? "webgpu" : `webgpu-${precision}`;
  const deterministic = !tiles?.measure;
  return openTfSession(name, { train: true, deterministic }, async (tf) => {
    const fresh = start(tf, await load(), name);
    await tf.setBackend(name);
    registerConvolutions(tf, name);
    registerNorm(tf, name);
    registerDoubleNearest(tf, name);
    registerRanks(tf, name);
    registerWaves(tf, name);
    registerAdam(tf, name);
    const backend = tf.backend() as unknown as GpuBackend;
    if (fresh) backend.products = precision;
    const whyNotMatrix = precision === "f16" ? await whyNoMatrixUnits(tf, backend) : undefined;
    const tuner = tiles && new Tuner(backend, tiles);
    return {
      layers: { ...ownLayers(tf), normLeaky: normLeakyLayer(tf) },
      adam: adamStep(tf),
      can: {
        products: backend.products ?? "f32",
        ...(whyNotMatrix === undefined ? {} : { whyNotMatrix }),
      },
      async around(work) {
        backend.choices = tuner;
        try {
          const result = await work();
          await tuner?.settle();
          return result;
        } finally {
          backend.choices = undefined;
        }
      },
    };
  });
}

async function refuseWithoutF16(): Promise<void> {
  const adapter = await (await webgpuOf()).requestAdapter({ powerPreference: "high-performance" });
  if (adapter && !adapter.features.has("shader-f16"))
    throw new MidashError("unsupported", NO_F16, {
      where: "webgpu",
      hint: 'take precision "f32", which runs on every adapter',
    });
}

/** Whose backends they are, by name. */
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

/** Registers tfjs's backend on a device of our own: with all features, and waited for where it lacks. Each precision is a backend, for its kernels compute otherwise. @returns whether it is new */
function start(tf: Tf, { WebGPUBackend }: TfjsWebgpu, name: string): boolean {
  const engine = tf.engine() as unknown as { [OURS]?: Set<string> };
  engine[OURS] ??= new Set();
  if (engine[OURS].has(name)) return false;
  engine[OURS].add(name);
  if (name === "webgpu") tf.removeBackend(name);
  else tf.copyRegisteredKernels("webgpu", name);
  tf.registerBackend(name, async () => {
    const { device, adapter } = await openDevice();
    return new WebGPUBackend(device, adapter.info) as never;
  });
  return true;
}
