// What a step of training asks of a graphics card: dispatches, bytes, copies, submissions, counted by wrapping the device, beside the least that the same arithmetic needs.
//
//   npm run verify:webgpu-counts                      # a U-Net of 16 filters, 4 levels, at 64 × 64, two samples
//   LD_LIBRARY_PATH=/usr/lib/chromium VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json npm run verify:webgpu-counts   # without a card
//   npm run verify:webgpu-counts -- --size 128 --batch 4 --clip
//
// Counts hold for any card but for how sums are shared out, so a processor that plays one (SwiftShader) gives them.
import { parseArgs } from "node:util";
import { Random } from "../../src/base/random/index.ts";
import { trainBatch } from "../../src/host/testing/model/data.ts";
import { webgpu } from "../../src/networks/backends/index.ts";
import { losses, optimizers, RunOptimizers } from "../../src/networks/learning/index.ts";
import { lendStep, UNet } from "../../src/networks/models/index.ts";
import { DeviceCounter, total } from "./count-device.ts";
import { leastStep } from "./least-step.ts";

const { values: flags } = parseArgs({
  options: {
    filters: { type: "string", default: "16" },
    levels: { type: "string", default: "4" },
    size: { type: "string", default: "64" },
    batch: { type: "string", default: "2" },
    clip: { type: "boolean", default: false },
  },
});
const [baseFilters, levels, size, batch] = [flags.filters, flags.levels, flags.size, flags.batch].map(
  Number,
) as [number, number, number, number];

const session = await webgpu().open();
const device = await session.run(
  () => (session.tensors.tf.backend() as unknown as { readonly device: GPUDevice }).device,
);
const counter = new DeviceCounter(device);
const spec = UNet({ baseFilters, levels });
const model = await spec.create(session, { random: new Random(0) });
if (!("trainStep" in model)) throw new Error("a U-Net trains");
const lent = {
  optimizers: new RunOptimizers(
    session,
    optimizers.adam({ learningRate: 1e-3, clipNorm: flags.clip ? 1 : null }),
  ),
  loss: await losses.l1().open(session),
};
const STEPS = 3; // the first compiles, the second settles
for (let step = 0; step < STEPS; step++) {
  counter.begin();
  await model.trainStep(
    trainBatch(spec, batch, [size, size]),
    lendStep(lent, { index: step, epoch: 0, rate: 1, seed: 0 }),
  );
}
const { counts } = counter;
const [all, least] = [total(counts), leastStep({ baseFilters, levels, size, batch })];

const mb = (bytes: number) => (bytes / 1e6).toFixed(1).padStart(8);
const line = (name: string, n: number, bytes: number) =>
  console.log(`${name.padEnd(36)} ${String(n).padStart(5)} ${mb(bytes)}`);
console.log(`U-Net base ${baseFilters}, ${levels} levels, ${size}×${size}, batch ${batch}; a step of Adam`);
console.log(`${"".padEnd(36)} ${"count".padStart(5)} ${"MB".padStart(8)}`);
for (const [label, { dispatches, bytes }] of [...counts.byLabel].sort((a, b) => b[1].bytes - a[1].bytes))
  line(`  ${label}`, dispatches, bytes);
line("dispatches", all.dispatches, all.bytes);
line("least dispatches", least.dispatches, least.bytes);
line("copies between buffers", counts.copies, counts.copiedBytes);
line("writes from the host", counts.writes, counts.writtenBytes);
for (const name of ["submissions", "reads", "buffers", "bindGroups", "pipelines"] as const)
  console.log(`${name.padEnd(36)} ${String(counts[name]).padStart(5)}`);
console.log(
  `${(all.dispatches / least.dispatches).toFixed(2)}x the least dispatches, ${(all.bytes / least.bytes).toFixed(2)}x the least bytes`,
);
process.exit(0);
