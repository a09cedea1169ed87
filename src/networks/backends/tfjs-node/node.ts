/**
 * TensorFlow's own library on the processor, by way of `@tensorflow/tfjs-node`: for those who have it installed. `wasm` needs nothing and is the default.
 *
 * @example
 * import { node } from "@midash/core/backends/node";
 * const session = await node().open();
 *
 * @module
 */
import { errorJson, errorText } from "../../../base/errors/index.ts";
import type { Backend, TensorSession } from "../backend.ts";

/**
 * The backend of `@tensorflow/tfjs-node` 4.22, which an application installs itself. For Node 20 and 22; tfjs-node does not run on later ones. Loads nothing until it
 * is asked or opened.
 *
 * @throws MidashError when opened, where it can't run: `missing-package`, `unsupported`
 */
export function node(): Backend<TensorSession> {
  return {
    name: "node",
    async supports() {
      try {
        const { prepareTfjsNode } = await import("./start.ts");
        await prepareTfjsNode("node");
        return true;
      } catch (error) {
        return { reason: errorText({ ...errorJson(error), where: undefined }) }; // whoever asks says whose reason it is
      }
    },
    open: async () => (await import("./start.ts")).openTfjsNode("node"),
  };
}
