/** Threads that load samples, as Node runs them: bundled from the sources, with their script beside. */
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { mkdtemp, open, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Batch, OutputSpec, TrainBatch } from "../src/networks/models/index.ts";
import type { Augmentation, BatchSourceType, Dataset, SampleLoader } from "../src/road/data/index.ts";
import type { Preparation, Sampler } from "../src/road/preparation/index.ts";
import { type Bundle, bundleNode } from "./support/bundle-node.ts";
import { errorOf } from "./support/error-of.ts";

type Api = typeof import("./support/sample-threads-api.ts");

const OUTPUTS: readonly OutputSpec[] = [
  { kind: "ct", name: "ct" },
  { kind: "labels", name: "tissue", classes: ["air", "soft", "bone"] },
];
const SEED = 5;
const BATCH = 3;

let bundle: Bundle<Api>;
let api: Api;
let folder: string;
beforeAll(async () => {
  bundle = await bundleNode<Api>("test/support/sample-threads-api.ts", ["sample-worker"]);
  api = bundle.api;
  folder = await mkdtemp(join(tmpdir(), "midash-threads-"));
}, 120_000);
afterAll(async () => {
  await bundle.remove();
  await rm(folder, { recursive: true, force: true });
});

const patients = () => ["anna", "ben", "cleo"].map(api.eggCase);

function preparationOf(sampler: Sampler): Preparation {
  return api.definePreparation({
    inputs: [{ name: "t1" }],
    steps: api.usualSteps({
      spacing: [8, 8, 9],
      inputs: { t1: api.DEFAULT_NORMALIZERS.input },
      target: api.DEFAULT_NORMALIZERS.target,
    }),
    sampler,
  });
}

async function cacheOf(name: string, preparation: Preparation): Promise<Dataset> {
  const path = join(folder, name);
  for (const source of patients())
    await api.writeShard(path, await api.prepareCase(source, preparation), {
      source,
      preparation: preparation.toJSON(),
    });
  await api.writeIndex(path, {
    name,
    origin: "phantoms",
    preparation: preparation.toJSON(),
    split: { train: patients().map(({ id }) => id), validation: [], test: [] },
    leftOut: [],
    cases: await api.readEntries(path),
  });
  return (await api.openCache(path)).dataset;
}

interface Run {
  readonly dataset: Dataset;
  readonly preparation: Preparation;
  readonly threads: number;
  readonly augmentations?: readonly Augmentation[];
  readonly source?: BatchSourceType;
  readonly memory?: number;
  readonly foreground?: number;
}

function loaderOf({
  dataset,
  preparation,
  threads,
  augmentations = [],
  memory = 2 ** 26,
  foreground = 0,
}: Run): SampleLoader {
  const { train: cases } = dataset;
  const setup = {
    preparation,
    outputs: OUTPUTS,
    augmentations,
    seed: SEED,
    foreground,
    batchSize: BATCH,
    cases,
    bytes: memory,
  };
  return api.sampleThreads({ count: threads }).open(setup);
}

/** In memory of its own, which a clone is not. */
function copied({ input, targets, origins }: TrainBatch): TrainBatch {
  const copy = (one: Batch): Batch => ({
    ...one,
    data: one.data.slice(),
    ...(one.mask ? { mask: one.mask.slice() } : {}),
  });
  return {
    input: copy(input),
    targets: Object.fromEntries(Object.entries(targets).map(([name, one]) => [name, copy(one)])),
    origins,
  };
}

/** Copies of an epoch's batches. */
async function batchesOf(
  run: Run,
  epoch = 0,
  options: { readonly from?: number; readonly signal?: AbortSignal; readonly most?: number } = {},
): Promise<readonly TrainBatch[]> {
  const { dataset, preparation, augmentations = [], source = api.batchSources.paired } = run;
  const loader = loaderOf(run);
  const found: TrainBatch[] = [];
  try {
    const batches = source.open({
      cases: dataset.train,
      prepare: async (one, signal) =>
        one.prepared
          ? loader.open(one.prepared, signal)
          : api.trainingCase(await api.prepareCase(one, preparation), preparation, OUTPUTS, run.foreground),
      cut: loader.cut,
      ahead: loader.ahead,
      augmentations,
      batchSize: BATCH,
      stepsPerEpoch: Number.POSITIVE_INFINITY,
      seed: SEED,
      groupBytes: run.memory ?? 2 ** 26,
    });
    for await (const batch of batches.epoch(epoch, options)) {
      found.push(copied(batch));
      if (found.length === options.most) break;
    }
    return found;
  } finally {
    await loader.close();
  }
}

/** Batches as texts that are the same for the same bits: arrays are compared number by number, for minutes. */
const digests = (batches: readonly TrainBatch[]) =>
  batches.map(({ input, targets, origins }) => {
    const hash = createHash("sha256").update(JSON.stringify([origins, Object.keys(targets)]));
    for (const { data, shape, mask, present } of [input, ...Object.values(targets)]) {
      hash
        .update(JSON.stringify([shape, present]))
        .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      if (mask) hash.update(new Uint8Array(mask.buffer, mask.byteOffset, mask.byteLength));
    }
    return hash.digest("hex");
  });

const samplers: readonly (readonly [string, (api: Api) => Sampler])[] = [
  ["slices", ({ Slicer }) => Slicer.slices({ size: [32, 32] })],
  [
    "coronal slices with their neighbours",
    ({ Slicer }) => Slicer.slices({ axis: "coronal", size: [16, 24], context: 1 }),
  ],
  [
    "resized sagittal slices",
    ({ Slicer }) => Slicer.slices({ axis: "sagittal", size: [16, 16], fit: "resize" }),
  ],
  ["tiles", ({ Slicer }) => Slicer.slices({ size: [16, 16], fit: "tile" })],
  ["patches", ({ Slicer }) => Slicer.patches({ size: [16, 8, 40], perCase: 5 })],
];

const farthest = (a: Batch, b: Batch) => {
  const far = (one: Float32Array, other: Float32Array) =>
    one.reduce((most, value, n) => Math.max(most, Math.abs(value - other[n]!)), 0);
  return Math.max(far(a.data, b.data), far(a.mask!, b.mask!));
};

describe.each(samplers)("%s of prepared cases", (name, samplerOf) => {
  let dataset: Dataset;
  let preparation: Preparation;
  beforeAll(async () => {
    preparation = preparationOf(samplerOf(api));
    dataset = await cacheOf(name, preparation);
  });

  test("are the same for 0, 1 and 4 threads, and from any batch on", async () => {
    const augmentations = [api.augmentations.flip(), api.augmentations.intensity()];
    const run = (threads: number) => ({ dataset, preparation, threads, augmentations });
    const found = async (threads: number, epoch: number, from = 0) =>
      digests(await batchesOf(run(threads), epoch, { from }));
    const plain = await found(0, 2);
    expect(plain.length).toBeGreaterThan(4);
    expect(await found(1, 2)).toEqual(plain);
    expect(await found(4, 2)).toEqual(plain);
    expect(await found(4, 2, 3)).toEqual(plain.slice(3));
    expect(await found(1, 1)).not.toEqual(plain);
  });

  test("are those of cases that are not prepared, up to what storing rounds", async () => {
    const raw = { train: patients(), validation: [], test: [] };
    const plain = await batchesOf({
      dataset: new api.Dataset(raw),
      preparation,
      threads: 0,
      memory: 2 ** 20,
    });
    const stored = await batchesOf({ dataset, preparation, threads: 1, memory: 2 ** 20 });
    expect(stored.map(({ origins }) => origins)).toEqual(plain.map(({ origins }) => origins));
    for (const [n, { input, targets }] of stored.entries()) {
      expect(farthest(input, plain[n]!.input)).toBeLessThan(2 ** -11);
      expect(farthest(targets.ct!, plain[n]!.targets.ct!)).toBeLessThan(1 / 16 / 511);
      expect(farthest(targets.tissue!, plain[n]!.targets.tissue!)).toBe(0);
    }
  });
});

describe("threads", () => {
  let dataset: Dataset;
  let preparation: Preparation;
  beforeAll(async () => {
    preparation = preparationOf(api.Slicer.slices({ size: [32, 32] }));
    dataset = await cacheOf("threads", preparation);
  });

  test("give each slice once, also where batches take turns in the least of memory", async () => {
    const batches = await batchesOf({ dataset, preparation, threads: 3, memory: 1 });
    const places = batches.flatMap(({ origins }) => origins!.map((one) => `${one.case} ${one.place}`));
    expect(new Set(places).size).toBe(places.length);
    expect(digests(batches)).toEqual(
      digests(await batchesOf({ dataset, preparation, threads: 0, memory: 1 })),
    );
  });

  test("draw so many patches around labels as they are told to, as is done without them", async () => {
    const small = preparationOf(api.Slicer.patches({ size: [1, 1, 1], perCase: 40 }));
    const patches = await cacheOf("foreground", small);
    const raw = new api.Dataset({ train: patients(), validation: [], test: [] });
    const labelled = async (foreground: number, threads: number, data = patches) => {
      const batches = await batchesOf({ dataset: data, preparation: small, threads, foreground });
      const labels = batches.flatMap(({ targets }) => [...targets.tissue!.data]);
      return {
        share: labels.filter((label) => label > 0).length / labels.length,
        found: digests(batches).length,
        labels,
      };
    };
    const [none, some, all] = [await labelled(0, 0), await labelled(0.5, 2), await labelled(1, 1)];
    expect(none.share).toBeLessThan(0.7);
    expect(some.share).toBeGreaterThan(none.share + 0.1);
    expect(all.share).toBe(1);
    expect((await labelled(0.5, 0)).labels).toEqual(some.labels);
    expect((await labelled(0.5, 0, raw)).labels).toEqual(some.labels);
  });

  test("serve unpaired batches too", async () => {
    const source = api.batchSources.unpaired;
    const plain = await batchesOf({ dataset, preparation, threads: 0, source });
    expect(digests(await batchesOf({ dataset, preparation, threads: 2, source }))).toEqual(digests(plain));
    expect(plain[0]!.origins![0]!.target).toBeDefined();
  });

  test("are none where samples can't be made again there, which is said", () => {
    const own: Augmentation = {
      name: "flip", // as the package's, and yet another
      toJSON: () => ({ name: "flip", axis: "x" }),
      apply: (sample) => sample,
    };
    const loader = loaderOf({ dataset, preparation, threads: 2, augmentations: [own] });
    expect([loader.threads, loader.ahead]).toEqual([0, 0]);
    expect(loader.why).toBe("the augmentation flip is not of the package, and threads can't make it again");
    const { sampler } = preparation;
    const other = {
      ...preparation,
      sampler: Object.assign(Object.create(sampler), { type: "mine", toJSON: () => ({ type: "mine" }) }),
    };
    expect(loaderOf({ dataset, preparation: other, threads: 2 }).why).toContain(
      "the sampler mine is not of the package",
    );
  });

  test("end with the loop, however it ends", async () => {
    const tasks = () => (process.platform === "linux" ? readdirSync("/proc/self/task").length : 0);
    await batchesOf({ dataset, preparation, threads: 1 });
    const before = tasks();
    expect(await batchesOf({ dataset, preparation, threads: 4 }, 0, { most: 2 })).toHaveLength(2);
    const control = new AbortController();
    const cancelled = batchesOf({ dataset, preparation, threads: 4 }, 0, { signal: control.signal });
    control.abort();
    expect((await errorOf(cancelled)).kind).toBe("aborted");
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(tasks()).toBeLessThanOrEqual(before);
  });

  test("name a shard that is damaged before a sample of it is used", async () => {
    const damaged = await cacheOf("damaged", preparation);
    const shards = join(folder, "damaged", "shards");
    const path = join(shards, (await readdir(shards)).find((name) => name.startsWith("cleo"))!);
    const file = await open(path, "r+");
    await file.write(Uint8Array.of(1, 2, 3), 0, 3, (await stat(path)).size >> 1);
    await file.close();
    for (const threads of [0, 2]) {
      const error = await errorOf(batchesOf({ dataset: damaged, preparation, threads }));
      expect([error.kind, error.message]).toEqual([
        "invalid-file",
        expect.stringContaining(`${path}: its checksum is not`),
      ]);
    }
  });

  test("that die end the run with one clear error", async () => {
    const script = join(bundle.folder, "node", "sample-worker.js");
    const whole = await (await open(script)).readFile();
    await writeFile(
      script,
      'import { parentPort } from "node:worker_threads"; parentPort.on("message", () => process.exit(3));',
    );
    try {
      const error = await errorOf(batchesOf({ dataset, preparation, threads: 2 }));
      expect(error.message).toBe(
        "sampleThreads: a thread that cuts samples ended (exit code 3); if memory ran out, use fewer threads, or none",
      );
    } finally {
      await writeFile(script, whole);
    }
  });
});
