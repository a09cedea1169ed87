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
import type { Backend, TensorSession } from "../backend.ts";

/** Options of {@link webgpu}. */
export interface WebgpuOptions {
  /**
   * Whether a processor that plays the card will do, as browsers and Linux have one (SwiftShader, llvmpipe): the numbers are right, and wasm is many times faster. Default true, so that what
   * was asked for by name computes; give false to choose: `(await webgpu({ software: false }).supports()) === true ? webgpu() : wasm()`.
   */
  readonly software?: boolean;
}

/**
 * The WebGPU backend. Loads nothing until it is asked or opened: then `@tensorflow/tfjs-backend-webgpu`, and in Node `webgpu`, which an application installs itself.
 *
 * @throws MidashError when opened, where it can't run: `missing-package`, `unsupported`. What a session computes throws `device-lost` when the card goes away in the middle, and `out-of-memory`: open a new one then
 */
export function webgpu(options: WebgpuOptions = {}): Backend<TensorSession> {
  return {
    name: "webgpu",
    async supports() {
      try {
        const { assertUsable } = await import("./start.ts");
        await assertUsable(options);
        return true;
      } catch (error) {
        return { reason: errorText({ ...errorJson(error), where: undefined }) }; // whoever asks says whose reason it is
      }
    },
    open: async () => (await import("./start.ts")).openWebgpu(options),
  };
}
