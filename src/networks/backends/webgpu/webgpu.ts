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

/**
 * The WebGPU backend. Loads nothing until it is asked or opened: then `@tensorflow/tfjs-backend-webgpu`, and in Node `webgpu`, which an application installs itself.
 *
 * @throws MidashError when opened, where it can't run: `missing-package`, `unsupported`
 */
export function webgpu(): Backend<TensorSession> {
  return {
    name: "webgpu",
    async supports() {
      try {
        const { hasAdapter } = await import("./start.ts");
        return (await hasAdapter()) || { reason: "WebGPU finds no graphics adapter" };
      } catch (error) {
        return { reason: errorText({ ...errorJson(error), where: undefined }) }; // whoever asks says whose reason it is
      }
    },
    open: async () => (await import("./start.ts")).openWebgpu(),
  };
}
