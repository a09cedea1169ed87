import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Random } from "../../src/base/random/index.ts";
import { openCache, readEntries, sampleThreads, writeIndex, writeShard } from "../../src/host/node/index.ts";
import { Volume } from "../../src/imaging/volume/index.ts";
import { wasm } from "../../src/networks/backends/index.ts";
import { losses, optimizers, RunOptimizers } from "../../src/networks/learning/index.ts";
import { type Batch, lendStep, type TrainBatch, UNet } from "../../src/networks/models/index.ts";
import {
  type Augmentation,
  augmentations,
  batchSources,
  type PreparedCase,
  type SampleLoader,
} from "../../src/road/data/index.ts";
import { definePreparation, type Preparation, Slicer, usualSteps } from "../../src/road/preparation/index.ts";
import { DEFAULT_NORMALIZERS } from "../../src/road/training/index.ts";
import type { CacheFolder } from "../harness/cache-folder.ts";
import { spreadOf } from "../harness/spread.ts";
import type { Settings, Suite } from "../harness/suite.ts";

export interface LoaderSettings {
  readonly cases: number;
  readonly shape: readonly [number, number, number];
  readonly batch: number;
  readonly threads: number;
  /** Batches of a run. */
  readonly batches: number;
  readonly filters: number;
}

const settingsOf = (settings: Settings) => settings as unknown as LoaderSettings;
const folderOf = ({ cases, shape }: LoaderSettings) => `loader-${cases}-${shape.join("-")}`;
/** Steps of the model beside which the loader is measured: in turns, of which each takes so many, so that what slows the machine slows both. */
const STEPS = 3;
const TURNS = 16;

/**
 * Pairs of slices from shards on the disk to batches in memory. The peer is PyTorch's DataLoader with as many workers, over the same shards, by NumPy. What it
 * takes with all augmentations, and beside a model that learns, is stored with the row.
 */
export const loader: Suite = {
  name: "loader",
  summary: "pairs of 256×256 from the shards of 40 prepared cases, beside PyTorch's DataLoader",
  rows(size) {
    const settings: LoaderSettings =
      size === "small"
        ? { cases: 3, shape: [32, 32, 12], batch: 4, threads: 2, batches: 9, filters: 2 }
        : { cases: 40, shape: [256, 256, 180], batch: 8, threads: 2, batches: 500, filters: 16 };
    return [
      {
        id: "shards",
        what: `${settings.batches} batches of ${settings.batch} pairs, ${settings.shape[0]}×${settings.shape[1]}`,
        settings: { ...settings },
        peer: `PyTorch's DataLoader, ${settings.threads} workers`,
        runs: size === "small" ? 2 : 5,
        warmUp: 1,
      },
    ];
  },
  async prepare(rows, cache) {
    for (const { settings } of rows)
      await writeCases(settingsOf(settings), join(cache.path, folderOf(settingsOf(settings))));
  },
  async task(_row, given, cache: CacheFolder) {
    const settings = settingsOf(given);
    const folder = join(cache.path, folderOf(settings));
    const plain = await feed(folder, settings, []);
    let pairs = 0;
    return {
      async work() {
        pairs = await take(plain, settings.batches);
      },
      values: () => ({ pairs }),
      async details() {
        const bare = await pairsPerSecond(plain, settings);
        await plain.loader.close();
        const changed = await feed(folder, settings, everyAugmentation());
        const augmented = await pairsPerSecond(changed, {
          ...settings,
          batches: Math.ceil(settings.batches / 20),
        });
        await changed.loader.close();
        const training = await besideModel(folder, settings);
        await rm(folder, { recursive: true });
        return { pairsPerSecond: { bare, augmented }, training };
      },
    };
  },
};

/** One of each at its defaults, but for those that need an optional input. */
function everyAugmentation(): readonly Augmentation[] {
  const { dropInputs: _, ...others } = augmentations;
  return Object.values(others).map((make) => make());
}

export interface Feed {
  readonly loader: SampleLoader;
  batches(): AsyncIterable<TrainBatch>;
}

export async function feed(
  folder: string,
  settings: LoaderSettings,
  parts: readonly Augmentation[],
): Promise<Feed> {
  const { dataset, preparation } = await openCache(folder);
  const { train: cases } = dataset;
  const outputs = [{ kind: "ct", name: "ct" }] as const;
  const setup = {
    preparation,
    outputs,
    augmentations: parts,
    seed: 1,
    foreground: 0,
    batchSize: settings.batch,
    cases,
  };
  const loader = sampleThreads({ count: settings.threads }).open({ ...setup, bytes: 2 ** 27 });
  const source = batchSources.paired.open({
    ...setup,
    prepare: (one, signal) => loader.open(one.prepared!, signal),
    cut: loader.cut,
    ahead: loader.ahead,
    stepsPerEpoch: Number.POSITIVE_INFINITY,
    groupBytes: 2 ** 40,
  });
  let epoch = 0;
  return { loader, batches: () => source.epoch(epoch++) };
}

/** Takes batches, and gives the number of their pairs. */
async function take(of: Feed, batches: number): Promise<number> {
  let [left, pairs] = [batches, 0];
  for await (const { input } of of.batches()) {
    pairs += input.shape[0]!;
    if (--left === 0) break;
  }
  return pairs;
}

/** From the first batch to the last: cases were opened before. */
async function pairsPerSecond(of: Feed, { batches }: LoaderSettings): Promise<number> {
  let [left, pairs, started] = [batches, 0, 0];
  for await (const { input } of of.batches()) {
    if (started === 0) started = performance.now();
    else pairs += input.shape[0]!;
    if (--left === 0) break;
  }
  return Math.round((1000 * pairs) / (performance.now() - started));
}

/** A model's steps on one batch again and again, and on batches as they come, in turns. */
async function besideModel(folder: string, settings: LoaderSettings): Promise<object> {
  const session = await wasm({ threads: settings.threads }).open();
  const spec = UNet({ baseFilters: settings.filters, levels: 2 });
  const model = await spec.create(session, { random: new Random(1) });
  const lent = {
    optimizers: new RunOptimizers(session, optimizers.adam()),
    loss: await losses.l1().open(session, { hu: {} }),
  };
  let index = 0;
  const step = (batch: TrainBatch) =>
    model.trainStep(batch, lendStep(lent, { index: index++, epoch: 0, rate: 1, seed: 0 }));
  const real = await feed(folder, { ...settings, threads: 1 }, []);
  const times = { repeated: [] as number[], loaded: [] as number[] };
  let batches = real.batches()[Symbol.asyncIterator]();
  const next = async (): Promise<TrainBatch> => {
    const { value, done } = await batches.next();
    if (!done) return value;
    batches = real.batches()[Symbol.asyncIterator]();
    return next();
  };
  const first = await next();
  // A batch is lent until the next is asked for.
  const targets = Object.entries(first.targets).map(([name, one]) => [name, copyOf(one)]);
  const repeated: TrainBatch = { input: copyOf(first.input), targets: Object.fromEntries(targets) };
  const turn = async (kind: keyof typeof times) => {
    // As many samples are cut in a turn of loaded batches as are taken: each that is taken makes room for one.
    const started = performance.now();
    for (let n = 0; n < STEPS; n++) await step(kind === "loaded" ? await next() : repeated);
    times[kind].push((performance.now() - started) / STEPS);
  };
  await step(repeated); // warm
  for (let n = 0; n < TURNS; n++) {
    const order = ["repeated", "loaded"] as const;
    for (const kind of n % 2 === 0 ? order : [...order].reverse()) await turn(kind);
  }
  await batches.return?.();
  await real.loader.close();
  model.dispose();
  session.close();
  const shares = spreadOf(times.repeated.map((one, n) => one / times.loaded[n]!));
  const { repeated: alone, loaded } = times;
  return { repeated: spreadOf(alone).median, loaded: spreadOf(loaded).median, share: shares.median, shares };
}

function copyOf(batch: Batch): Batch {
  return { ...batch, data: batch.data.slice(), ...(batch.mask ? { mask: batch.mask.slice() } : {}) };
}

/** Cases that differ in name alone: what is read is as long, and nothing of it is remembered. */
export async function writeCases({ cases, shape }: LoaderSettings, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const preparation = definePreparation({
    inputs: [{ name: "mr" }],
    steps: usualSteps({
      spacing: [1, 1, 1],
      inputs: { mr: DEFAULT_NORMALIZERS.input },
      target: DEFAULT_NORMALIZERS.target,
    }),
    sampler: Slicer.slices({ size: [shape[1], shape[0]] }),
  });
  const made = syntheticCase(shape, preparation);
  const ids = Array.from({ length: cases }, (_, n) => `case-${String(n).padStart(2, "0")}`);
  for (const id of ids)
    await writeShard(folder, { ...made, id }, { source: { id }, preparation: preparation.toJSON() });
  await writeIndex(folder, {
    name: "loader",
    origin: "phantoms",
    preparation: preparation.toJSON(),
    split: { train: ids, validation: [], test: [] },
    leftOut: [],
    cases: await readEntries(folder),
  });
}

/** An egg of noisy tissue in a shell of bone. */
function syntheticCase(shape: LoaderSettings["shape"], preparation: Preparation): PreparedCase {
  const [nx, ny, nz] = shape;
  const size = nx * ny * nz;
  const [mr, ct, learnt] = [new Float32Array(size), new Float32Array(size), new Float32Array(size)];
  const scored = new Uint8Array(size);
  for (let k = 0, i = 0; k < nz; k++)
    for (let y = 0; y < ny; y++)
      for (let x = 0; x < nx; x++, i++) {
        const r = Math.hypot((2 * x) / nx - 1, (2 * y) / ny - 1, (2 * k) / nz - 1);
        const noise = ((i * 2654435761) % 4096) / 4096;
        mr[i] = r < 0.8 ? 0.4 + 0.3 * noise : 0.05 * noise;
        ct[i] = Math.round((r < 0.7 ? 30 : r < 0.8 ? 900 : -1000) + 20 * noise);
        learnt[i] = r < 0.8 ? 1 : r < 1 ? Math.fround(0.1) : 0;
        scored[i] = r < 0.8 ? 1 : 0;
      }
  const volume = (data: Float32Array | Uint8Array, unit: "HU" | "arbitrary" | "unknown") =>
    new Volume({ shape, data, unit, simulated: true });
  const { grid } = { grid: { shape, affine: volume(mr, "arbitrary").affine } };
  const hu = volume(ct, "HU");
  const target = DEFAULT_NORMALIZERS.target;
  return {
    id: "",
    subject: {
      grid,
      inputs: { mr: { volume: volume(mr, "arbitrary"), outside: 0, own: true } },
      targets: { ct: { kind: "ct", volume: target.apply(hu), outside: -2, own: true } },
      masks: { learnt: volume(learnt, "HU"), scored: volume(scored, "HU") },
    },
    grids: preparation.steps.map(() => grid),
    reference: { ct: hu, scored: volume(scored, "HU"), steps: preparation.steps.length - 1 },
    warnings: [],
    simulated: true,
    bytes: 4 * size * 4,
  };
}
