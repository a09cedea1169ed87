/**
 * The WebAssembly backend (XNNPACK, SIMD): the default in Node and in browsers without a GPU. As shipped by tfjs it
 * can't train: this session adds the missing convolution gradient, replaces the naive one and mends wrong kernels.
 *
 * @example
 * import { wasm } from "@midash/core/backends/wasm";
 * const session = await wasm().open();
 *
 * @module
 */
import type { Backend, Tf } from "./backend.ts";
import { interop, openTfSession } from "./engine.ts";
import { registerConv2dGradients } from "./kernels/conv2d-gradients.ts";
import { registerConv3dGradients } from "./kernels/conv3d-gradients.ts";
import { registerMaxPools } from "./kernels/max-pool.ts";
import { registerNormLeaky } from "./kernels/norm-leaky.ts";
import { registerResizeNearestGradient } from "./kernels/resize-nearest-gradient.ts";

/** Options of {@link wasm}. */
export interface WasmOptions {
  /**
   * Where a browser finds the `.wasm` binaries of `@tensorflow/tfjs-backend-wasm`: a folder URL ending in "/", or a
   * URL for each file name. Not needed in Node. Takes effect before the first session of the process.
   */
  readonly paths?: string | Readonly<Record<string, string>>;
}

/** The WebAssembly backend. Loads nothing until it is opened. */
export function wasm(options: WasmOptions = {}): Backend {
  return {
    name: "wasm",
    async supports() {
      return typeof WebAssembly === "object" ? true : { reason: "this JavaScript engine has no WebAssembly" };
    },
    open: () =>
      openTfSession("wasm", { train: true, f16: false, deterministic: true }, async (tf) => {
        const package_ = interop(await import("@tensorflow/tfjs-backend-wasm"));
        if (options.paths !== undefined && !hasStarted(tf)) package_.setWasmPaths(options.paths);
        registerConv2dGradients(tf, "wasm");
        registerConv3dGradients(tf, "wasm");
        registerMaxPools(tf, "wasm");
        registerNormLeaky(tf, "wasm");
        registerResizeNearestGradient(tf, "wasm");
      }),
  };
}

function hasStarted(tf: Tf): boolean {
  return "wasm" in tf.engine().registry;
}
