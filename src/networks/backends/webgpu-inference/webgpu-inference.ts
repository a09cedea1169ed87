/**
 * Finished networks on a graphics card, in pages and, by way of the package `webgpu`, in Node: a small engine that loads in a moment and computes with the shaders of `webgpu`, without
 * tfjs. It trains nothing.
 *
 * @example
 * import { webgpuInference } from "@midash/core/backends/webgpu-inference";
 * const synthesizer = new Synthesizer(bundle, { backend: webgpuInference() });
 *
 * @module
 */
import { errorJson, errorText } from "../../../base/errors/index.ts";
import type { Backend, GraphSession } from "../backend.ts";
import type { WebgpuOptions } from "../webgpu/webgpu.ts";

/**
 * An engine of whole networks on a graphics card, for synthesis alone. Loads nothing until it is asked or opened; in Node it needs the package `webgpu`, in pages nothing. Weights of a model file in
 * half precision stay so on the card.
 *
 * @throws MidashError when opened, where it can't run: `missing-package`, `unsupported`; by a pass, `device-lost` and `out-of-memory`
 */
export function webgpuInference(options: WebgpuOptions = {}): Backend<GraphSession> {
  return {
    name: "webgpu-inference",
    async supports() {
      try {
        const { assertUsable } = await import("./start.ts");
        await assertUsable(options);
        return true;
      } catch (error) {
        return { reason: errorText({ ...errorJson(error), where: undefined }) }; // whoever asks says whose reason it is
      }
    },
    open: async () => (await import("./start.ts")).openWebgpuInference(options),
  };
}
