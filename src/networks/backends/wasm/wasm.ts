/**
 * The WebAssembly backend: the default in Node and in browsers without a GPU. tfjs's own can't train and is slow at what a U-Net
 * does: this one adds threads, compiled kernels of our own, the gradients that are missing, and mends those that are wrong.
 *
 * @example
 * import { wasm } from "@midash/core/backends/wasm";
 * const session = await wasm().open();
 *
 * @module
 */
import { assert, errorJson, errorText } from "../../../base/errors/index.ts";
import { nodeModule } from "../../../base/platform/index.ts";
import type { Backend, TensorSession, Tf } from "../backend.ts";
import { openTfSession } from "../engine.ts";
import { interop } from "../interop.ts";
import { registerConv2dGradients } from "../tfjs/conv2d-gradients.ts";
import { registerConv3dGradients } from "../tfjs/conv3d-gradients.ts";
import { registerIdentity } from "../tfjs/identity.ts";
import { registerMaxPools } from "../tfjs/max-pool.ts";
import { normLeakyLayer, registerNormLeaky } from "../tfjs/norm-leaky.ts";
import { adamStep, ownLayers } from "../tfjs/own-kernels.ts";
import { registerResizeNearestGradient } from "../tfjs/resize-nearest-gradient.ts";
import { registerSlicing } from "../tfjs/slicing.ts";
import { type EngineBinary, type Locate, loadEngine } from "./engine-binary.ts";
import { registerAdam } from "./kernels/adam.ts";
import { registerConvPair } from "./kernels/conv-pair.ts";
import { registerFastConvolutions } from "./kernels/convolutions.ts";
import { registerDoubleNearest } from "./kernels/double-nearest.ts";
import { registerFastHalve } from "./kernels/fast-halve.ts";
import { registerFastNorm } from "./kernels/fast-norm.ts";
import { attachPool, poolOf } from "./of-backend.ts";
import { KernelPool } from "./pool.ts";
import { backendOf, hasStarted, startEngine, type WasmPackage } from "./start.ts";

/** Options of {@link wasm}. */
export interface WasmOptions {
  /**
   * Where a page serves the `.wasm` binaries of `@tensorflow/tfjs-backend-wasm` itself: a folder URL ending in "/", or a
   * URL for each file name. Default: those within this package, in scripts that are loaded when they are needed (200 kB on the way), so that nothing need be copied.
   * Node always takes those. Takes effect before the first session of the process.
   */
  readonly paths?: string | Readonly<Record<string, string>>;
  /**
   * Threads that compute. Default: the processor's, at most 8. Browsers give more than one to pages that are isolated from other
   * origins alone (`crossOriginIsolated`). The number of the session opened last counts. Results don't depend on it.
   */
  readonly threads?: number;
  /**
   * Whether products may be fused with sums (relaxed SIMD), where the engine can: Node 22 and today's browsers. A tenth faster, but then
   * not the same bits as elsewhere. Default false. Takes effect before the first session of the process.
   */
  readonly relaxedSimd?: boolean;
}

/**
 * The WebAssembly backend. Loads nothing until it is asked or opened; `supports` loads and compiles the binary, so that what it says is so.
 *
 * @throws MidashError when opened, where it can't run: `unsupported`; `not-found`, `io` or `invalid-file` when its binary can't be had, with URL, HTTP status and MIME type
 */
export function wasm(options: WasmOptions = {}): Backend<TensorSession> {
  const { paths, relaxedSimd = false } = options;
  const locate: Locate = (file) => (typeof paths === "string" ? paths + file : paths?.[file]);
  let loading: Promise<EngineBinary> | undefined;
  const engine = () => {
    loading ??= loadEngine(locate).catch((error: unknown) => {
      loading = undefined; // what was missing once may be there the next time
      throw error;
    });
    return loading;
  };
  return {
    name: "wasm",
    withThreads: (threads) => wasm({ ...options, threads }),
    async supports() {
      try {
        await engine();
        return true;
      } catch (error) {
        return { reason: errorText({ ...errorJson(error), where: undefined }) }; // whoever asks says whose reason it is
      }
    },
    async open() {
      const { threads } = options;
      assert(
        threads === undefined || (Number.isInteger(threads) && threads >= 1 && threads <= 64),
        `threads must be a whole number from 1 to 64, got ${threads}`,
        { where: "wasm" },
      );
      return openTfSession("wasm", { train: true, deterministic: true }, async (tf) => {
        const package_ = interop(await import("@tensorflow/tfjs-backend-wasm"));
        if (!hasStarted(tf)) startWith(tf, package_, await engine(), relaxedSimd);
        registerConv2dGradients(tf, "wasm");
        registerConv3dGradients(tf, "wasm");
        registerMaxPools(tf, "wasm");
        registerNormLeaky(tf, "wasm");
        registerResizeNearestGradient(tf, "wasm");
        registerIdentity(tf, "wasm");
        registerSlicing(tf, "wasm");
        await tf.setBackend("wasm");
        const layers = { normLeaky: normLeakyLayer(tf) };
        const pool = poolOf(tf.backend());
        if (!pool) return { can: { threads: 1 }, layers }; // started by another than us
        registerFastConvolutions(tf, "wasm");
        registerConvPair(tf, "wasm");
        registerFastNorm(tf, "wasm");
        registerFastHalve(tf, "wasm");
        registerDoubleNearest(tf, "wasm");
        registerAdam(tf, "wasm");
        await pool.use(threads ?? Math.min(8, processors()));
        return {
          can: { threads: pool.threads },
          layers: { ...layers, ...ownLayers(tf) },
          adam: adamStep(tf),
        };
      });
    },
  };
}

/** Registers tfjs's backend with a start of our own in place of tfjs's. */
function startWith(tf: Tf, package_: WasmPackage, engine: EngineBinary, relaxedSimd: boolean): void {
  tf.removeBackend("wasm");
  tf.registerBackend("wasm", async () => {
    const started = await startEngine(engine);
    const backend = backendOf(package_, started);
    attachPool(backend, await KernelPool.start(started, relaxedSimd));
    return backend;
  });
}

function processors(): number {
  return nodeModule("node:os")?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}
