/**
 * How long the event loop stands still while ONNX Runtime computes: `npm run verify:event-loop`, on the built package. A base-32 U-Net
 * of 5 levels on 256², eight slices a pass, three passes: in a thread of its own, as `onnx()` does it, and in the calling one.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { pathToFileURL } from "node:url";
import type { Backend } from "../../src/networks/backends/index.ts";
import { UNet } from "../../src/networks/models/index.ts";
import { exportOnnx, type OnnxOptions } from "../../src/road/model-file/onnx/index.ts";
import { trainedWeights } from "../support/onnx-models.ts";
import { root } from "../support/pack.ts";

const { onnx } = (await import(pathToFileURL(`${root}/dist/onnx/index.js`).href)) as {
  onnx(options?: OnnxOptions): Backend;
};
const spec = UNet({ baseFilters: 32, levels: 5 });
const bytes = await exportOnnx({ spec, weights: await trainedWeights(spec) });
const ways = {
  "a thread of its own": {},
  "the calling thread": { runtime: () => import("onnxruntime-node") },
};
for (const [name, options] of Object.entries(ways)) {
  const session = await onnx(options).open();
  const graph = await session.graphs!.load(bytes.slice());
  const pass = () => graph.run({ image: { data: new Float32Array(8 * 256 * 256), shape: [8, 1, 256, 256] } });
  await pass();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const started = performance.now();
  for (let n = 0; n < 3; n++) await pass();
  const seconds = (performance.now() - started) / 3000;
  await new Promise((resume) => setTimeout(resume, 20)); // a stop is counted when it is over
  delay.disable();
  const ms = (nanoseconds: number) => `${(nanoseconds / 1e6).toFixed(1)} ms`;
  console.log(
    `${name}: ${seconds.toFixed(2)} s a pass; event loop delayed by ${ms(delay.percentile(99))} (99th percentile), at most ${ms(delay.max)}`,
  );
  session.close();
}
