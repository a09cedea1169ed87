// One training step of the 2-D U-Net on wasm, beside the same network in PyTorch on the CPU, in one run.
//
//   npm run build && npm run bench -- [--base 16] [--levels 4] [--size 96] [--batch 8] [--python python3]
//
// The peer needs PyTorch in the given Python; without it the row has no ratio and says why. Prints one JSON object.
import { spawnSync } from "node:child_process";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Random, UNet } from "@midash/core";
import { wasm } from "@midash/core/backends/wasm";

const { values } = parseArgs({
  options: {
    base: { type: "string", default: "16" },
    levels: { type: "string", default: "4" },
    size: { type: "string", default: "96" },
    batch: { type: "string", default: "8" },
    python: { type: "string", default: "python3" },
  },
});
const [base, levels, size, batch] = [values.base, values.levels, values.size, values.batch].map(Number);
const WARM_UP = 3;
const RUNS = 15;

const session = await wasm().open();
const { tf } = session;
const model = await UNet({ baseFilters: base, levels }).create(session, { random: new Random(1) });
const random = new Random(2);
const sample = () => ({
  data: Float32Array.from({ length: batch * size * size }, () => random.next()),
  shape: [batch, size, size, 1],
  affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
  caseIds: new Array(batch).fill("bench"),
});
const pair = { input: sample(), target: sample() };
// Forward, loss and backward; the optimizer's share is below 3 % and left out on both sides.
const step = {
  index: 0,
  epoch: 0,
  random,
  loss: (prediction, target) => tf.mean(tf.abs(tf.sub(prediction, target))),
  async optimize(_name, variables, loss) {
    const { value, grads } = tf.variableGrads(loss, [...variables]);
    const read = (await value.data())[0];
    tf.dispose([value, grads]);
    return read;
  },
};
const times = [];
for (let run = -WARM_UP; run < RUNS; run++) {
  const start = performance.now();
  await model.trainStep(pair, step);
  if (run >= 0) times.push(performance.now() - start);
}
const ours = summary(times);

const peer = spawnSync(
  values.python,
  [
    fileURLToPath(new URL("./peers/train_step.py", import.meta.url)),
    base,
    levels,
    size,
    batch,
    WARM_UP,
    RUNS,
  ].map(String),
  { encoding: "utf8" },
);
const torch = peer.status === 0 ? JSON.parse(peer.stdout.trim().split("\n").at(-1)) : null;
const result = {
  suite: "train-step",
  date: new Date().toISOString().slice(0, 10),
  device: `${cpus()[0].model}, ${cpus().length} cores`,
  node: process.version,
  config: { base, levels, size, batch, norm: "instance", upsampling: "nearest" },
  midash: { backend: "wasm, 1 thread", ...ours },
  pytorch: torch ?? { missing: (peer.error?.message ?? peer.stderr.trim().split("\n").at(-1)).slice(0, 200) },
  ratio: torch ? ours.medianMs / torch.medianMs : null,
};
console.log(JSON.stringify(result, null, 2));

function summary(list) {
  const sorted = [...list].sort((a, b) => a - b);
  return {
    medianMs: sorted[sorted.length >> 1],
    minMs: sorted[0],
    maxMs: sorted.at(-1),
    runs: sorted.length,
  };
}
