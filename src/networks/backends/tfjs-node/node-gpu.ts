/**
 * TensorFlow's own library on an NVIDIA card, by way of `@tensorflow/tfjs-node-gpu`. **Unproven**: it shares its code with `node`, which is tested, but has not yet run on a
 * machine with such a card and CUDA 11.2. Run `midash doctor` there before you rely on it. `webgpu` needs no CUDA.
 *
 * @example
 * import { nodeGpu } from "@midash/core/backends/node-gpu";
 * const session = await nodeGpu().open();
 *
 * @module
 */
import { errorJson, errorText } from "../../../base/errors/index.ts";
import type { Backend, TensorSession } from "../backend.ts";

/** Options of {@link nodeGpu}. */
export interface NodeGpuOptions {
  /**
   * Whether TensorFlow takes the card's memory as it needs it. Default true, unless the environment sets `TF_FORCE_GPU_ALLOW_GROWTH`: otherwise TensorFlow takes nearly all
   * of it at the start, and a second process on the card finds none. Takes effect before the first session of the process, and not in worker threads, whose environment
   * TensorFlow does not see.
   */
  readonly memoryGrowth?: boolean;
}

/**
 * The backend of `@tensorflow/tfjs-node-gpu` 4.22, which an application installs itself, with an NVIDIA driver, CUDA 11.2 and cuDNN 8.1. For Node 20 and 22. Where
 * TensorFlow finds no card it would compute on the processor without a word: that is refused here. Loads nothing until it is asked or opened.
 *
 * Unproven: not yet run on such a machine.
 *
 * @throws MidashError when opened, where it can't run: `missing-package`; `unsupported`, also where TensorFlow fell back to the processor
 */
export function nodeGpu({ memoryGrowth }: NodeGpuOptions = {}): Backend<TensorSession> {
  return {
    name: "node-gpu",
    async supports() {
      try {
        const { prepareTfjsNode } = await import("./start.ts");
        await prepareTfjsNode("node-gpu", { memoryGrowth });
        return true;
      } catch (error) {
        return { reason: errorText({ ...errorJson(error), where: undefined }) }; // whoever asks says whose reason it is
      }
    },
    open: async () => (await import("./start.ts")).openTfjsNode("node-gpu", { memoryGrowth }),
  };
}
