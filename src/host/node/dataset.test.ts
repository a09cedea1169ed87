import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MidashError } from "../../base/errors/index.ts";
import { affineFromSpacing, Volume } from "../../imaging/volume/index.ts";
import { type OpenDatasetOptions, openDataset, writeVolume } from "./index.ts";

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
      "all 3 cases lack files: a (flair), b (flair), c (flair); there are ct, swi, t1, t2; choose inputs",
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
    expect(await messageOf(openDataset(folder))).toContain(
      "1 of 3 cases lack files: a (t2); add the files, set skipIncomplete to leave these cases out, or choose inputs that all",
    );
    expect(await messageOf(openDataset(folder, { optional: ["t1"] }))).toContain("lack files: a (t2)");
  });

  it("leaves incomplete cases out where that is asked for, and says which", async () => {
    const folder = await made("skipped", [
      ...["a", "b", "c"].flatMap(trio),
      ...["d/mr.nii", "e/ct.nii", "f/mr.nii", "f/ct.nii", "a/tissue.nii", "b/tissue.nii", "c/tissue.nii"],
    ]);
    const { train, validation, test, leftOut } = await openDataset(folder, {
      skipIncomplete: true,
      labels: ["tissue"],
    });
    expect([...train, ...validation, ...test].map(({ id }) => id).sort()).toEqual(["a", "b", "c"]);
    expect(leftOut).toEqual([
      { id: "d", why: "lacks ct, tissue" },
      { id: "e", why: "lacks mr, tissue" },
      { id: "f", why: "lacks tissue" },
    ]);
    expect((await openDataset(folder, { inputs: ["mr"], skipIncomplete: true })).leftOut.length).toBe(2);
    const split = { train: ["a", "d"], test: ["b", "e"] };
    const named = await openDataset(folder, { inputs: ["mr"], skipIncomplete: true, split });
    expect([named.train, named.test, named.leftOut].map((part) => part.map(({ id }) => id))).toEqual([
      ["a"],
      ["b"],
      ["d", "e", "c", "f"],
    ]);
    expect(await messageOf(openDataset(folder, { labels: ["tissue"] }))).toContain(
      "3 of 6 cases lack files: d (ct, tissue), e (mr, tissue), f (tissue)",
    );
  });

  it("is split as a file says, by cases or by patients, or by names", async () => {
    const folder = await made("own-split", ["a", "b", "c", "d"].flatMap(trio));
    const file = join(root, "split.csv");
    const parts = async (split: OpenDatasetOptions["split"]) => {
      const { train, validation, test, leftOut } = await openDataset(folder, { split });
      return [train, validation, test, leftOut].map((part) => part.map(({ id }) => id).join(""));
    };
    await writeFile(file, "ID,Split\nb,train\na,val\nc,Testing\n");
    expect(await parts(file)).toEqual(["b", "a", "c", "d"]);
    await writeFile(join(root, "split.json"), '{ "test": ["d"], "validation": ["a"] }');
    expect(await parts(join(root, "split.json"))).toEqual(["bc", "a", "d", ""]);
    await writeFile(
      join(root, "split.json"),
      '[{ "case": "a", "split": "test" }, { "case": "b", "split": "train" }]',
    );
    expect(await parts(join(root, "split.json"))).toEqual(["b", "", "a", "cd"]);
    expect(await parts({ test: ["a", "b"] })).toEqual(["cd", "", "ab", ""]);
    const near = await made("near", ["patient_007", "patient_008", "1BA001", "P100"].flatMap(trio));
    for (const [name, hint] of [
      ["patiant_7", 'did you mean "patient_007"?'],
      ["Patient-008", 'did you mean "patient_008"?'],
      ["p100", 'did you mean "P100"?'],
      ["patient_009", "cases are 1BA001, P100, patient_007, patient_008"], // other cases, not misspelt ones
      ["1BB001", "cases are 1BA001, P100, patient_007, patient_008"],
    ] as const)
      expect(await messageOf(openDataset(near, { split: { test: [name] } }))).toContain(
        `the split names "${name}", which is no case; ${hint}`,
      );
    expect(await messageOf(parts({ test: ["aa"] }))).toContain(
      'own-split: the split names "aa", which is no case; cases are a, b, c, d',
    );
    expect(await messageOf(parts({ test: ["a"], validation: ["a"] }))).toContain('"a" is in two parts');
    const run = join(root, "a-run");
    await mkdir(run);
    expect(await messageOf(parts(run))).toContain(
      "a-run: holds no metrics.json, which a run writes at its end",
    );
    await writeFile(join(run, "metrics.json"), '{ "command": "train", "split": { "test": ["c"] } }');
    expect(await parts(run)).toEqual(["abd", "", "c", ""]);
    expect(await parts(join(run, "metrics.json"))).toEqual(["abd", "", "c", ""]);
    await writeFile(join(run, "metrics.json"), '{ "command": "demo" }');
    expect(await messageOf(parts(run))).toContain('metrics.json: names a part "command"; parts are train,');
    await writeFile(join(run, "notes.txt"), "id,split\nb,train\n");
    expect(await messageOf(parts(join(run, "notes.txt")))).toContain("notes.txt: is no .csv, .tsv or .json");
    expect(await messageOf(parts(join(run, "absent")))).toContain("absent: no such file");
    await writeFile(file, "id,split\nb,train\na,learn\n");
    expect(await messageOf(parts(file))).toContain(
      'split.csv (line 3): the split "learn" is none; write train',
    );
    await writeFile(file, "name,part\nb,train\n");
    expect(await messageOf(parts(file))).toContain(
      "split.csv: its columns are name, part; name them id and split",
    );
    await writeFile(join(root, "split.json"), '{ "tset": ["d"] }');
    expect(await messageOf(parts(join(root, "split.json")))).toContain('names a part "tset"');
    await writeFile(join(root, "split.json"), '{ "test": "d" }');
    expect(await messageOf(parts(join(root, "split.json")))).toContain("test is no list of names");
    expect(await messageOf(parts(join(root, "none.csv")))).toContain("none.csv: no such file");
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

  it("reads no volume before one is asked for", async () => {
    const folder = await made("unread", []);
    for (const path of ["a", "b", "c"].flatMap(trio)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), "no volume at all");
    }
    const { train, validation, test, simulated } = await openDataset(folder);
    expect([train, validation, test].map((part) => part.length)).toEqual([1, 1, 1]);
    expect(simulated).toBe(false);
    const { inputs, targets, mask } = train[0]!;
    for (const ref of [inputs.mr!, targets!.ct!, mask!])
      expect(await messageOf(ref.load())).toMatch(/unread\/.\/(mr|ct|mask)\.nii\.gz: /);
  });

  it("says what is missing where", async () => {
    const noCt = await made("no-ct", [...["a", "b"].flatMap(trio), "c/mr.nii.gz"]);
    expect(await messageOf(openDataset(noCt))).toMatch(
      /no-ct: 1 of 3 cases lack files: c \(ct\); add the files, or set skipIncomplete to leave these cases out$/,
    );
    const noMr = await made("no-mr", [...["a", "b"].flatMap(trio), "c/ct.nii.gz"]);
    expect(await messageOf(openDataset(noMr))).toContain("1 of 3 cases lack files: c (mr)");
    const other = await made("other", [...["a", "b"].flatMap(trio), "c/ct.nii.gz", "c/t1.nii.gz"]);
    expect(await messageOf(openDataset(other))).toContain(
      "all 3 cases lack files: a (t1), b (t1), c (mr); there are ct, mask, mr, t1; choose inputs that the cases have, or add the files",
    );
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
    expect(dataset.name).toBe("meat");
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
      split: { validation: ["head_2"], test: ["head_3"] },
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
    expect(await messageOf(openDataset(folder, { layout: "labels", split }))).toContain(
      "label maps are split by names, not by shares",
    );
    expect(await messageOf(openDataset(folder, { layout: "labels", slab: {} }))).toContain(
      "not for label maps",
    );
    expect(await messageOf(openDataset(folder, { layout: "labels", split: { test: ["head_9"] } }))).toContain(
      'the split names "head_9", which is no case; cases are head_1, head_2, head_3',
    );
  });
});
