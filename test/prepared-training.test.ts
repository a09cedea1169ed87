/** A Trainer on prepared cases: it learns what it learns from the cases themselves, and says what of its options they settle. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCache, readEntries, sampleThreads, writeIndex, writeShard } from "../src/host/node/index.ts";
import { wasm } from "../src/networks/backends/index.ts";
import { UNet } from "../src/networks/models/index.ts";
import { augmentations, Dataset, prepareCase } from "../src/road/data/index.ts";
import { biasField, Normalizer, Slicer } from "../src/road/preparation/index.ts";
import {
  planPreparation,
  type TrainEvent,
  Trainer,
  type TrainerOptions,
} from "../src/road/training/index.ts";
import { eggCase } from "./support/egg-case.ts";
import { errorOf } from "./support/error-of.ts";

const [anna, ben, cleo, dora] = ["anna", "ben", "cleo", "dora"].map(eggCase);
const raw = new Dataset({ train: [anna!, ben!], validation: [cleo!], test: [dora!] }, { origin: "phantoms" });
const options: TrainerOptions = {
  model: UNet({ baseFilters: 2, levels: 2 }),
  backend: wasm(),
  spacing: [8, 8, 8],
  learningRate: 1e-2,
  epochs: 2,
  seed: 3,
  augmentations: [augmentations.flip()],
};
/** What is settled left out. */
const { spacing: _, ...free } = options;

let folder: string;
let cached: Dataset;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "midash-prepared-"));
  const preparation = await planPreparation(options, raw);
  for (const source of [...raw.train, ...raw.validation, ...raw.test])
    await writeShard(folder, await prepareCase(source, preparation), {
      source,
      preparation: preparation.toJSON(),
    });
  const ids = (part: "train" | "validation" | "test") => raw[part].map(({ id }) => id);
  await writeIndex(folder, {
    name: "eggs",
    origin: "phantoms",
    preparation: preparation.toJSON(),
    split: { train: ids("train"), validation: ids("validation"), test: ids("test") },
    leftOut: [],
    cases: await readEntries(folder),
  });
  cached = (await openCache(folder)).dataset;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function trained(dataset: Dataset, given: TrainerOptions) {
  const trainer = new Trainer(given);
  const losses: number[] = [];
  let start: Extract<TrainEvent, { type: "start" }> | undefined;
  for await (const event of trainer.fit(dataset)) {
    if (event.type === "start") start = event;
    if (event.type === "step") losses.push(event.loss);
  }
  const bundle = trainer.result();
  return {
    losses,
    start: start!,
    bundle,
    value: (bundle.metrics as { readonly validation: { readonly value: number } }).validation.value,
  };
}

test("learns step by step what it learns from the cases themselves, up to what storing rounds", async () => {
  const plain = await trained(raw, options);
  const { losses, bundle, value } = await trained(cached, free);
  expect(losses.length).toBe(plain.losses.length);
  for (const [n, loss] of losses.entries()) expect(Math.abs(loss / plain.losses[n]! - 1)).toBeLessThan(0.01);
  expect(Math.abs(losses[0]! / plain.losses[0]! - 1)).toBeLessThan(1e-4);
  expect(Math.abs(value / plain.value - 1)).toBeLessThan(0.01);
  expect(bundle.preparation).toEqual(plain.bundle.preparation);
  expect(bundle.provenance.trainedOn).toBe("phantoms");
});

test("takes options that agree with the cache, and refuses others by name", async () => {
  const refused: readonly (readonly [string, Partial<TrainerOptions>])[] = [
    ["spacing", { spacing: [4, 8, 8] }],
    ["inputs", { inputs: ["t1", "t2"] }],
    ["steps", { steps: [biasField()] }],
    ["normalizer", { normalizer: { input: Normalizer.zscore() } }],
  ];
  for (const [name, given] of refused) {
    const error = await errorOf(new Trainer({ ...free, ...given }).fit(cached).next());
    expect([error.kind, error.subject?.option]).toEqual(["invalid-argument", name]);
    expect(error.message).toContain("the data was prepared otherwise");
  }
  const agreed = {
    ...options,
    inputs: ["t1"],
    normalizer: { input: Normalizer.percentile({ low: 0.5, high: 99.5 }) },
  };
  const own = { ...agreed, sampler: Slicer.slices({ size: [16, 16] }), epochs: 1, stepsPerEpoch: 1 };
  const { start } = await trained(cached, own);
  expect(start.size).toEqual([16, 16]);
});

test("says who cuts the samples, and why no threads do", async () => {
  const short = { epochs: 1, stepsPerEpoch: 1, loader: sampleThreads({ count: 2 }) };
  // This is the source: the script of threads is made of it by the build.
  expect((await trained(cached, { ...free, ...short })).start.loader).toEqual({
    threads: 0,
    why: "the script of the threads is not beside the package, which was bundled",
  });
  expect((await trained(raw, { ...options, ...short })).start.loader.why).toContain(
    "the data is not prepared",
  );
  expect((await trained(cached, { ...free, ...short, loader: undefined })).start.loader).toEqual({
    threads: 0,
  });
});

test("cases of a cache and others don't mix", async () => {
  const mixed = new Dataset({ train: [...cached.train, dora!], validation: [], test: [] });
  expect((await errorOf(new Trainer(free).fit(mixed).next())).message).toContain(
    "case dora: is not prepared as others of the data are",
  );
});
