/**
 * What `train.py` made as a model file in half precision, with where it comes from.
 *
 *     npx jiti weights/head/gpu/pack.ts START.safetensors RUN DEVICE OUT.safetensors
 *
 * RUN holds model.safetensors and log.jsonl. It is asked on windows of the size that it learnt on: `../train.config.json`.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeModel, decodeSafetensors, encodeModel } from "../../../src/road/model-file/index.ts";
import config from "../train.config.json";

/** Least overlap of windows: two cover 230 mm, as long as most heads. */
const OVERLAP = 0.2;

const [from, run, device, out] = process.argv.slice(2) as [string, string, string, string];
const start = await decodeModel(await readFile(from), { name: from });
const { tensors } = decodeSafetensors(await readFile(join(run, "model.safetensors")));
const log = (await readFile(join(run, "log.jsonl"), "utf8"))
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));
const { done: steps, heads } = log.at(-1);
const { loss } = log.filter((line) => line.validation).at(-1).validation;
const { sampler } = start.preparation;
const { created, dataset, steps: before, cases, settings } = start.provenance;
const packed = {
  ...start,
  preparation: {
    ...start.preparation,
    sampler: { ...(sampler as object), size: config.train.size, overlap: OVERLAP },
  },
  weights: tensors,
  provenance: {
    ...start.provenance,
    created: new Date().toISOString(),
    dataset: "random heads (simulated)",
    seed: 0,
    backend: device,
    epochs: Math.floor(heads / cases),
    steps,
    settings: {
      ...(settings as object),
      batchSize: 4,
      optimizer: { name: "adam", learningRate: 2e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: 12 },
      ema: 0.999,
      precision: "bfloat16, weights in float32",
      augmentations: ["flip left and right"],
    },
    from: { created, dataset, steps: before },
  },
  metrics: { validation: { name: "loss", unit: "", value: loss, cases: 2 } },
};
await writeFile(out, await encodeModel(packed, { precision: "f16" }));
