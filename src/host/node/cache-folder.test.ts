import { mkdtemp, open, readdir, rm, stat, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eggCase } from "../../../test/support/egg-case.ts";
import { errorOf } from "../../../test/support/error-of.ts";
import { type Case, type PreparedCase, prepareCase, volumeRef } from "../../road/data/index.ts";
import {
  definePreparation,
  Normalizer,
  type Preparation,
  Slicer,
  usualSteps,
} from "../../road/preparation/index.ts";
import { DEFAULT_NORMALIZERS } from "../../road/training/index.ts";
import { isCache, openCache, readEntries, writeIndex, writeShard } from "./cache-folder.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "midash-cache-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const all = ["anna", "ben", "cleo", "dora"].map(eggCase);
const ids = all.map(({ id }) => id);

/** At another voxel size than the images', so that HU are no whole numbers. */
function preparationOf(axis: "axial" | "coronal" | "sagittal"): Preparation {
  return definePreparation({
    inputs: [{ name: "t1" }],
    steps: usualSteps({
      spacing: [7, 8, 8],
      inputs: { t1: DEFAULT_NORMALIZERS.input },
      target: DEFAULT_NORMALIZERS.target,
    }),
    sampler: Slicer.slices({ axis, size: [32, 32] }),
  });
}

/** Prepares cases into a cache of their own. */
async function cacheOf(
  name: string,
  preparation: Preparation,
  cases: readonly Case[] = all,
): Promise<string> {
  const path = join(folder, name);
  for (const source of cases) {
    const prepared = await prepareCase(source, preparation);
    await writeShard(path, prepared, { source, preparation: preparation.toJSON(), fingerprint: source.id });
  }
  const names = cases.map(({ id }) => id);
  await writeIndex(path, {
    name,
    origin: "phantoms",
    preparation: preparation.toJSON(),
    split: { train: names.slice(0, -2), validation: names.slice(-2, -1), test: names.slice(-1) },
    leftOut: [],
    cases: await readEntries(path),
  });
  return path;
}

const most = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a, (value, i) => Math.abs(value - b[i]!)).reduce((x, y) => Math.max(x, y), 0);

describe.each(["axial", "coronal", "sagittal"] as const)("a cache of %s slices", (axis) => {
  const preparation = preparationOf(axis);
  let pairs: readonly (readonly [PreparedCase, PreparedCase])[];
  beforeAll(async () => {
    const { dataset } = await openCache(await cacheOf(axis, preparation));
    const cached = [...dataset.train, ...dataset.validation, ...dataset.test];
    pairs = await Promise.all(
      all.map(async (source, n) => [
        await prepareCase(source, preparation),
        await prepareCase(cached[n]!, preparation),
      ]),
    );
  });

  it("gives prepared cases as they were, inputs to half precision and HU to a sixteenth", () => {
    for (const [made, read] of pairs) {
      expect(read.subject.grid).toEqual(made.subject.grid);
      expect({ ...read, subject: 0, reference: 0 }).toEqual({ ...made, subject: 0, reference: 0 });
      const { t1 } = made.subject.inputs;
      expect(read.subject.inputs.t1!.outside).toBe(t1!.outside);
      expect(most(read.subject.inputs.t1!.volume.data, t1!.volume.data)).toBeLessThan(2 ** -11);
      const hu = read.reference!.ct;
      expect([hu.unit, hu.simulated, read.reference!.steps]).toEqual(["HU", true, made.reference!.steps]);
      expect(most(hu.data, made.reference!.ct.data)).toBeLessThanOrEqual(1 / 16);
      // A unit of the model's range is 512 HU.
      expect(most(read.subject.targets.ct!.volume.data, made.subject.targets.ct!.volume.data)).toBeLessThan(
        1 / 16 / 511,
      );
      expect(made.reference!.ct.data.some((value) => value % 1 !== 0)).toBe(true);
    }
  });

  it("gives labels and masks to the bit, in the arrays that they were in", () => {
    for (const [made, read] of pairs) {
      expect(read.subject.targets.tissue!.volume.values()).toEqual(
        made.subject.targets.tissue!.volume.values(),
      );
      for (const [name, mask] of Object.entries(made.subject.masks))
        expect(read.subject.masks[name]!.data).toEqual(mask.data);
      expect(read.reference!.scored.data).toEqual(made.reference!.scored.data);
    }
  });
});

it("whole HU are exact", async () => {
  const [source] = all;
  const ct = await source!.targets!.ct!.load();
  const whole = ct.with({ data: ct.values().map(Math.round) });
  const preparation = definePreparation({
    ...preparationOf("axial"),
    steps: usualSteps({
      spacing: ct.spacing,
      inputs: { t1: DEFAULT_NORMALIZERS.input },
      target: DEFAULT_NORMALIZERS.target,
    }),
  });
  const cases = ["a", "b", "c"].map((id) => ({ ...source!, id, targets: { ct: volumeRef(whole) } }));
  const { dataset } = await openCache(await cacheOf("whole", preparation, cases));
  const read = await dataset.train[0]!.prepared!.load();
  expect(read.reference!.ct.data).toEqual(whole.data);
  const { subject } = await prepareCase(cases[0]!, preparation);
  expect(read.subject.targets.ct!.volume.data).toEqual(subject.targets.ct!.volume.data);
});

describe("a cache's folder", () => {
  it("is told from others, and says of its cases what they are", async () => {
    const path = join(folder, "axial");
    expect([await isCache(path), await isCache(folder)]).toEqual([true, false]);
    const { dataset, preparation } = await openCache(path);
    expect([dataset.origin, dataset.name]).toEqual(["phantoms", "axial"]);
    expect(JSON.stringify(preparation)).toBe(JSON.stringify(preparationOf("axial")));
    expect(dataset.train.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect(Object.keys(dataset.test[0]!.targets!)).toEqual(["ct", "tissue"]);
    expect(dataset.test[0]!.prepared!.entry.fingerprint).toBe(dataset.test[0]!.id);
  });

  it("refuses another preparation than its own", async () => {
    const { dataset } = await openCache(join(folder, "axial"));
    const other = definePreparation({
      ...preparationOf("axial"),
      steps: usualSteps({
        spacing: [7, 8, 8],
        inputs: { t1: Normalizer.zscore() },
        target: DEFAULT_NORMALIZERS.target,
      }),
    });
    const error = await errorOf(prepareCase(dataset.train[0]!, other));
    expect(error.message).toContain("case anna: was prepared in another way than is asked for");
  });

  it("is the same whoever writes it, in whatever order", async () => {
    const again = await cacheOf("again", preparationOf("axial"), [...all].reverse());
    const [one, other] = await Promise.all([readEntries(join(folder, "axial")), readEntries(again)]);
    expect(other).toEqual(one);
  });

  it("names a shard that is damaged, cut off or gone", async () => {
    const path = await cacheOf("damaged", preparationOf("axial"));
    const [name] = await readdir(join(path, "shards"));
    const shard = join(path, "shards", name!);
    const { size } = await stat(shard);
    const file = await open(shard, "r+");
    await file.write(Uint8Array.of(77), 0, 1, size - 1000);
    await file.close();
    const { dataset } = await openCache(path);
    const { prepared } = dataset.train[0]!;
    const errors = [await errorOf(prepared!.load()), await errorOf(prepared!.check())];
    for (const { kind, message } of errors) {
      expect(kind).toBe("invalid-file");
      expect(message).toContain(`${shard}: its checksum is not the one in the index`);
    }
    await truncate(shard, size - 8);
    expect((await errorOf(openCache(path))).message).toContain(
      `${shard}: has ${size - 8} bytes, by the index ${size}`,
    );
    await rm(shard);
    const gone = await errorOf(openCache(path));
    expect([gone.kind, gone.message]).toEqual(["not-found", expect.stringContaining("anna is not there")]);
  });
});
