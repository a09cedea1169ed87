/**
 * The WebGL backend: on the graphics card of browsers that have no WebGPU. tfjs's own is the engine.
 *
 * @example
 * import { webgl } from "@midash/core/backends/webgl";
 * const session = await webgl().open();
 *
 * @module
 */
import { errorJson, errorText } from "../../../base/errors/index.ts";
import type { Backend, TensorSession } from "../backend.ts";

/**
 * The WebGL backend, for pages and their workers. Needs WebGL that draws into 32-bit floats: with fewer bits HU would be wrong, so that such a device is refused. Loads
 * nothing until it is asked or opened: then `@tensorflow/tfjs-backend-webgl`, which an application installs itself.
 *
 * @throws MidashError when opened, where it can't run: `missing-package`, `unsupported`
 */
export function webgl(): Backend<TensorSession> {
  return {
    name: "webgl",
    async supports() {
      try {
        await (await import("./start.ts")).checkWebgl();
        return true;
      } catch (error) {
        return { reason: errorText({ ...errorJson(error), where: undefined }) }; // whoever asks says whose reason it is
      }
    },
    open: async () => (await import("./start.ts")).openWebgl(),
  };
}
