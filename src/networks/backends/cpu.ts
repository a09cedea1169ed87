/**
 * The plain JavaScript backend: runs everywhere, slow, for tests and tiny models.
 *
 * @example
 * import { cpu } from "@midash/core/backends/cpu";
 * const session = await cpu().open();
 *
 * @module
 */
import type { Backend, TensorSession } from "./backend.ts";
import { openTfSession } from "./engine.ts";
import { normLeakyLayer, registerNormLeaky } from "./tfjs/norm-leaky.ts";
import { registerResizeNearestGradient } from "./tfjs/resize-nearest-gradient.ts";

/** The plain JavaScript backend. Loads nothing until it is opened. */
export function cpu(): Backend<TensorSession> {
  return {
    name: "cpu",
    supports: async () => true,
    open: () =>
      openTfSession("cpu", { train: true, deterministic: true }, async (tf) => {
        await import("@tensorflow/tfjs-backend-cpu");
        // A library doesn't print: at its first use in Node the backend would advertise tfjs-node on the console.
        Object.assign(tf.findBackend("cpu"), { firstUse: false });
        registerResizeNearestGradient(tf, "cpu");
        registerNormLeaky(tf, "cpu");
        return { layers: { normLeaky: normLeakyLayer(tf) } };
      }),
  };
}
