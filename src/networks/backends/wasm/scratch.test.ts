/** Alone in its file, and so in its process: what it looks at happens in the first convolution only. */
import type { Tensor4D } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { wasm } from "./wasm.ts";

test("a job has room of its own from the first one on, and again when there are more threads", async () => {
  for (const threads of [1, 2, 3]) {
    const session = await wasm({ threads }).open();
    const { tf } = session.tensors;
    await session.run(() => {
      const { wasm: engine } = tf.backend() as unknown as {
        wasm: { HEAPU8: Uint8Array; _malloc(n: number): number; _free(at: number): void };
      };
      const [x, filter] = [tf.ones([1, 8, 8, 8]), tf.ones([3, 3, 8, 8])] as [Tensor4D, Tensor4D];
      // No pointer leads to the first KiB: what is written there came through one that was never set.
      const before = engine.HEAPU8.slice(0, 1024);
      const y = tf.conv2d(x, filter, 1, "same");
      expect(engine.HEAPU8.slice(0, 1024)).toEqual(before);
      const inner = tf.slice(y, [0, 3, 3, 0], [1, 1, 1, 8]);
      for (const value of inner.dataSync()) expect(value).toBeCloseTo(72, 3);
      tf.dispose([x, filter, y, inner]);
    });
    session.close();
  }
});
