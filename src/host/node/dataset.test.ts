import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MidashError } from "../../base/errors/index.ts";
import { affineFromSpacing, Volume } from "../../imaging/volume/index.ts";
import { openDataset, writeVolume } from "./index.ts";

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "midash-dataset-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const image = (simulated = false) =>
  new Volume({
    shape: [4, 4, 40],
    data: Int16Array.from({ length: 640 }, (_, i) => i),
    affine: affineFromSpacing([1, 1, 1]),
    simulated,
  });

/** A folder of files, each a small volume. */
async function made(name: string, files: readonly string[], simulated = false): Promise<string> {
  const folder = join(root, name);
  await mkdir(folder, { recursive: true });
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    if (/\.(nii|mha|nrrd|mgz|hdr|mhd|nhdr)/.test(file))
      await writeVolume(join(folder, file), image(simulated));
    else await writeFile(join(folder, file), "");
  }
  return folder;
}

async function messageOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => new Error("it did not fail"),
    (e: unknown) => e,
  );
  expect(MidashError.is(error), String(error)).toBe(true);
  return (error as MidashError).message;
}

const trio = (id: string) => [`${id}/mr.nii.gz`, `${id}/ct.nii.gz`, `${id}/mask.nii.gz`];

describe("openDataset, SynthRAD layout", () => {
  it("finds cases, skips the rest, and gives volumes their units", async () => {
    const cases = ["1BA001", "1BA005", "1BB011", "1BC003"].flatMap(trio);
    const folder = await made("brain", [...cases, "overview/1BA001.png", "notes/readme.txt", "a.txt"]);
    const dataset = await openDataset(folder, {
      seed: 3,
      split: { train: 0.5, validation: 0.25, test: 0.25 },
    });
    const ids = [...dataset.train, ...dataset.validation, ...dataset.test].map((c) => c.id);
    expect(ids.sort()).toEqual(["1BA001", "1BA005", "1BB011", "1BC003"]);
    expect([dataset.name, dataset.simulated, dataset.train.length]).toEqual(["brain", false, 2]);
    const { inputs, targets, mask } = dataset.test[0]!;
    expect(Object.keys(inputs)).toEqual(["mr"]);
    expect((await inputs.mr!.load()).unit).toBe("arbitrary");
    expect((await targets!.ct!.load()).unit).toBe("HU");
    expect((await mask!.load()).shape).toEqual([4, 4, 40]);
    const again = await openDataset(folder, { seed: 3, split: { train: 0.5, validation: 0.25, test: 0.25 } });
    expect(again.test[0]!.id).toBe(dataset.test[0]!.id);
  });

  it("takes several MR by name, .nii too, and does without a mask", async () => {
    const one = (id: string) => [`${id}/t2.nii`, `${id}/t1.nii.gz`, `${id}/ct.nii.gz`, `${id}/swi.nii`];
    const folder = await made("several", ["a", "b", "c"].flatMap(one));
    const all = await openDataset(folder);
    expect(Object.keys(all.train[0]!.inputs)).toEqual(["t1", "t2"]);
    expect(all.train[0]!.mask).toBeUndefined();
    const chosen = await openDataset(folder, { inputs: ["swi", "t1"] });
    expect(Object.keys(chosen.train[0]!.inputs)).toEqual(["swi", "t1"]);
    expect(await messageOf(openDataset(folder, { inputs: ["flair"] }))).toContain(
      'a: no input "flair" (.nii, .nii.gz, .hdr, .hdr.gz, .mha, .mhd, .nrrd, .nhdr, .mgh, .mgz, .dcm); inputs there: t1, t2',
    );
  });

  it("lets cases lack an optional input, the first one too", async () => {
    const one = (id: string, ...more: string[]) => ["t1", "ct", ...more].map((name) => `${id}/${name}.nii`);
    const folder = await made("lacking", [...one("a"), ...one("b", "t2"), ...one("c", "t2")]);
    const { train, validation, test } = await openDataset(folder, { optional: ["t2"] });
    const inputs = [...train, ...validation, ...test].map(({ id, inputs }) => [id, ...Object.keys(inputs)]);
    expect(inputs.sort()).toEqual([
      ["a", "t1"],
      ["b", "t1", "t2"],
      ["c", "t1", "t2"],
    ]);
    expect(await messageOf(openDataset(folder))).toContain("b: its inputs are t1, t2, those of a are t1");
    expect(await messageOf(openDataset(folder, { optional: ["t1"] }))).toContain("its inputs are t2, those");
  });

  it("takes cases in any format, a header with its voxels as one file", async () => {
    const ends = [["mha"], ["nrrd"], ["mgz"], ["hdr", "img"], ["mhd", "raw"], ["nhdr", "raw.gz"]] as const;
    const folder = await made(
      "formats",
      ends.flatMap(([end]) => [`${end}/mr.${end}`, `${end}/ct.${end}`, `${end}/mask.${end}`]),
    );
    for (const [end, beside] of ends)
      expect(existsSync(join(folder, end, `ct.${beside ?? end}`)), `${end} ${beside}`).toBe(true);
    const dataset = await openDataset(folder, { split: { train: 0.5, validation: 0.25, test: 0.25 } });
    const cases = [...dataset.train, ...dataset.validation, ...dataset.test];
    expect(cases.map(({ id }) => id).sort()).toEqual(ends.map(([end]) => end as string).sort());
    for (const { inputs, targets, mask } of cases)
      for (const ref of [inputs.mr!, targets!.ct!, mask!])
        expect((await ref.load()).shape).toEqual([4, 4, 40]);
  });

  it("knows simulated images", async () => {
    const folder = await made("simulated", ["a", "b", "c"].flatMap(trio), true);
    expect((await openDataset(folder)).simulated).toBe(true);
  });

  it("says what is missing where", async () => {
    const noCt = await made("no-ct", [...["a", "b"].flatMap(trio), "c/mr.nii.gz"]);
    expect(await messageOf(openDataset(noCt))).toMatch(/no-ct\/c: holds MR but no file ct \(\.nii, .*\); /);
    const noMr = await made("no-mr", [...["a", "b"].flatMap(trio), "c/ct.nii.gz"]);
    expect(await messageOf(openDataset(noMr))).toMatch(/no-mr\/c: holds a CT but no mr\|t1/);
    const other = await made("other", [...["a", "b"].flatMap(trio), "c/ct.nii.gz", "c/t1.nii.gz"]);
    expect(await messageOf(openDataset(other))).toContain("its inputs are t1, those of a are mr");
    const twice = await made("twice", [...trio("a"), "a/mr.nii"]);
    expect(await messageOf(openDataset(twice))).toContain("holds mr twice");
    const empty = await made("empty", ["x/readme.txt"]);
    expect(await messageOf(openDataset(empty))).toContain(
      "empty: no dataset here: found 1 folder (x); looked for pair: ct and mr|t1|t2|flair|pd|cbct; nnunet: ",
    );
    const above = await made(
      "Task1",
      ["a", "b", "c"].flatMap((id) => trio(`brain/${id}`)),
    );
    expect(await messageOf(openDataset(above))).toContain(`give ${join(above, "brain")}`);
    expect(await messageOf(openDataset(join(root, "absent")))).toContain("no such folder");
    expect(await messageOf(openDataset(join(empty, "x", "readme.txt")))).toContain("not a folder");
  });

  it("refuses options of the other layout", async () => {
    const folder = await made("brain2", ["a", "b", "c"].flatMap(trio));
    expect(await messageOf(openDataset(folder, { slab: { size: 3 } }))).toContain(
      "slabs split a single pair",
    );
    expect(await messageOf(openDataset(folder, { layout: "pair" }))).toContain("no pair here");
  });
});

describe("openDataset, one pair", () => {
  it("is split by slabs of 6, each fifth tested", async () => {
    const folder = await made("meat", ["mr.nii.gz", "ct.nii.gz", "mask.nii.gz"], true);
    const dataset = await openDataset(folder);
    expect([dataset.name, dataset.simulated]).toEqual(["meat", true]);
    const mask = await dataset.test[0]!.mask!.load();
    const slices = Array.from({ length: 40 }, (_, k) => k).filter((k) => mask.data[16 * k + 1]);
    expect(slices).toEqual([24, 25, 26, 27, 28, 29]);
    const finer = await (await openDataset(folder, { slab: { size: 4, every: 3 } })).test[0]!.mask!.load();
    expect(finer.data[16 * 8 + 1]).toBe(1);
    expect(
      await messageOf(openDataset(folder, { split: { train: 0.8, validation: 0.1, test: 0.1 } })),
    ).toContain("split by slabs");
  });
});

describe("openDataset, label maps", () => {
  it("names cases by their files, in the parts that are asked for", async () => {
    const folder = await made("maps", ["head_1.nii.gz", "head_2.nii.gz", "head_3.mha"]);
    const { train, validation, test, simulated } = await openDataset(folder, {
      layout: "labels",
      validationCases: ["head_2"],
      testCases: ["head_3"],
    });
    expect(simulated).toBe(true);
    expect([train, validation, test].map((part) => part.map(({ id }) => id))).toEqual([
      ["head_1"],
      ["head_2"],
      ["head_3"],
    ]);
    expect(await messageOf(Promise.resolve(train[0]!.inputs.mr!.load()))).toContain(
      "head_1: label 1 is not a label of a head",
    );
  });

  it("refuses what belongs to other layouts, and their parts elsewhere", async () => {
    const folder = await made("maps", ["head_1.nii.gz"]);
    const split = { train: 0.8, validation: 0.1, test: 0.1 };
    expect(await messageOf(openDataset(folder, { layout: "labels", split }))).toContain("not for label maps");
    expect(await messageOf(openDataset(folder, { testCases: ["head_1"] }))).toContain("for label maps only");
    expect(await messageOf(openDataset(folder, { layout: "labels", testCases: ["head_9"] }))).toContain(
      'there is no map "head_9"; did you mean "head_1"?',
    );
  });
});
