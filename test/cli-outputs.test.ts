/** Inputs that a case may lack, outputs beside the CT, and several predictions, from the command line. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readVolume, writeVolume } from "../src/host/node/index.ts";
import { PHANTOM_CLASSES, phantomDataset } from "../src/index.ts";
import { lastJson, midashIn, refusedIn } from "./support/midash.ts";

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "midash-outputs-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const midash = (...args: readonly string[]) => midashIn(root, args);
const refused = (args: readonly string[], says: string | RegExp) => refusedIn(root, args, says);

const SHAPE = "--phantom-shape 32,32,16 --phantom-spacing 6,6,10".split(" ");
const MODEL = "--base-filters 4 --levels 2 --epochs 1 --steps-per-epoch 2".split(" ");
const train = (out: string, ...more: readonly string[]) => [
  "train",
  "phantom",
  "--out",
  out,
  ...SHAPE,
  ...MODEL,
  ...more,
];

const jsonOf = async (path: string) => JSON.parse(await readFile(join(root, path), "utf8"));

test("a T2 that some cases lack: trained, tested with and without it, and left out in synthesis", async () => {
  const inputs = ["--inputs", "t1,t2", "--subjects", "3,1,1"];
  const lacking = [
    ...inputs,
    "--optional-inputs",
    "t2",
    "--missing",
    "t2=0.33",
    "--augmentations",
    "dropInputs",
  ];
  await refused(
    train("no", ...inputs, "--missing", "t2=0.5"),
    /--missing: "t2" is no optional input; add --optional-inputs t2/,
  );
  await refused(
    train("no", ...lacking, "--missing", "t2"),
    /--missing: must be shares from 0 to 1 by name, e.g. t2=0.33, got/,
  );
  await refused(
    ["train", root, "--out", "no", "--missing", "t2=0.5"],
    /--missing: is for simulated heads only/,
  );

  const ran = await midash(...train("t1t2", "--flip", ...lacking));
  expect(ran.code, ran.err).toBe(0);
  expect(ran.out).toMatch(/MAE in the body without t2, HU +\d/);
  const { test: scores, settings, split } = await jsonOf("t1t2/metrics.json");
  expect(scores.without.t2.mae).toBeGreaterThan(0);
  expect(scores.without.t2.mae).not.toBe(scores.synthrad2023.mae); // the model does look at it
  expect(scores.without.t2.voxels).toBe(scores.synthrad2023.voxels);
  expect(settings.missing).toEqual({ t2: 0.33 });
  const { provenance } = lastJson(await midash("info", "t1t2/model.safetensors", "--json"));
  expect(provenance).toMatchObject({
    settings: {
      augmentations: [
        { name: "flip", axis: "x" },
        { name: "dropInputs", share: 0.25 },
      ],
    },
  });
  expect(split.train).toHaveLength(3);
  expect(await readFile(join(root, "t1t2/report.html"), "utf8")).toContain("The same cases without t2: MAE");

  const resumed = await midash(..."train phantom --out t1t2 --resume --epochs 2 --missing t2=1".split(" "));
  expect([resumed.code, resumed.err]).toEqual([
    2,
    expect.stringMatching(/the data has changed since: case ".*" had the inputs t1\+t2, now t1; /),
  ]);

  const made = (out: string) => ["synthesize", "t1t2/mr.nii.gz", out, "--model", "t1t2/model.safetensors"];
  expect((await midash(...made("without.nii.gz"))).code).toBe(0);
  const both = await midash(...made("with.nii.gz"), "--input", "t2=t1t2/mr.nii.gz");
  expect(both.code, both.err).toBe(0);
  const [a, b] = await Promise.all(
    ["without", "with"].map((name) => readVolume(join(root, `${name}.nii.gz`))),
  );
  expect([...a!.data]).not.toEqual([...b!.data]);
}, 120_000);

test("folders whose cases lack a file train too", async () => {
  const { train: cases } = phantomDataset({
    subjects: { train: 4, validation: 0, test: 0 },
    contrasts: ["t1", "t2"],
    missing: { t2: 0.5 },
    shape: [32, 32, 16],
    spacing: [6, 6, 10],
  });
  for (const { id, inputs, targets } of cases) {
    await mkdir(join(root, "folder", id), { recursive: true });
    for (const [name, ref] of Object.entries({ ...inputs, ...targets }))
      await writeVolume(join(root, "folder", id, `${name}.nii.gz`), await ref.load());
  }
  const args = ["train", "folder", "--out", "of-folder", ...MODEL, "--split", "0.5,0.25,0.25"];
  const ran = await midash(...args, "--optional-inputs", "t2");
  expect(ran.code, ran.err).toBe(0);
  expect(ran.out).toContain("inputs t1, t2");
  await refused(
    [...args, "--out", "no"],
    /2 of 4 cases lack files: .*(t2).*choose --inputs that all cases have/,
  );
}, 120_000);

test("a CT and labels: learnt, scored beside it, and written by synthesis", async () => {
  await refused(
    train("no", "--subjects", "2,1,1", "--classes", "air,soft"),
    /--classes: the phantom's classes are air,soft,fat,bone,csf,grey,white; give these, in this order/,
  );
  const ran = await midash(
    ...train("labels", "--subjects", "2,1,1", "--classes", PHANTOM_CLASSES.join(), "--json"),
  );
  expect(ran.code, ran.err).toBe(0);
  expect(ran.err).toMatch(/tissue: bone +0\.\d{3} +0\.\d{3}/);
  const { test: scores, scores: cases, files } = await jsonOf("labels/metrics.json");
  expect(scores.labels.map((one: { name: string }) => one.name)).toEqual(PHANTOM_CLASSES.slice(1));
  for (const { dice, constantDice } of scores.labels) {
    expect(dice >= 0 && dice <= 1).toBe(true);
    expect(constantDice > 0 && constantDice < 1).toBe(true);
  }
  expect(cases[0].labels.tissue.labels[2]).toMatchObject({
    label: 3,
    name: "bone",
    dice: { preset: "labels" },
  });
  expect(files).toContain("sct_tissue.nii.gz");
  expect(await readFile(join(root, "labels/report.html"), "utf8")).toContain("tissue: Dice, label 3 (bone)");

  const made = await midash(
    "synthesize",
    "labels/mr.nii.gz",
    "ct.nii.gz",
    "--model",
    "labels/model.safetensors",
  );
  expect(made.code, made.err).toBe(0);
  const [written, again] = await Promise.all(
    ["labels/sct_tissue.nii.gz", "ct_tissue.nii.gz"].map((name) => readVolume(join(root, name))),
  );
  expect([...again!.data]).toEqual([...written!.data]);
  // The Dice that was stored is that of the files.
  const evaluated = lastJson(
    await midash(
      ..."evaluate --prediction labels/sct.nii.gz --reference labels/ct.nii.gz --preset synthrad2023".split(
        " ",
      ),
      ..."--prediction-labels ct_tissue.nii.gz --reference-labels labels/sct_tissue.nii.gz --json".split(" "),
    ),
  ) as { labels: { labels: { dice: { value: number } }[] } };
  expect(evaluated.labels.labels.every(({ dice }) => dice.value === 1)).toBe(true);
}, 120_000);

test("two models and mirrored images: the map of spread is set against the error", async () => {
  for (const seed of ["1", "2"]) {
    const ran = await midash(...train(`seed-${seed}`, "--subjects", "1,0,1", "--seed", seed));
    expect(ran.code, ran.err).toBe(0);
  }
  const models = ["seed-1", "seed-2"].flatMap((run) => ["--model", `${run}/model.safetensors`]);
  const made = await midash("synthesize", "seed-1/mr.nii.gz", "sct.nii.gz", ...models, "--flips", "x");
  expect(made.code, made.err).toBe(0);
  const pair = [
    "evaluate",
    "--prediction",
    "sct.nii.gz",
    "--reference",
    "seed-1/ct.nii.gz",
    "--preset",
    "synthrad2023",
  ];
  const ran = await midash(...pair, "--spread", "sct_spread.nii.gz", "--out", "scores", "--json");
  expect(ran.code, ran.err).toBe(0);
  const { spread, metrics } = lastJson(ran) as Record<
    string,
    Record<string, { value: number; voxels: number }>
  >;
  for (const { value } of [spread!.pearson!, spread!.spearman!]) expect(value > -1 && value < 1).toBe(true);
  expect(spread!.mean!.value).toBeGreaterThan(0);
  expect(spread!.pearson!.voxels).toBe(metrics!.mae!.voxels);
  expect((await jsonOf("scores/metrics.json")).spread).toEqual(spread);
  expect(ran.err).toMatch(/spread and \|error\|, Spearman's rho +-?0\.\d{4}/);
  expect(await readFile(join(root, "scores/report.html"), "utf8")).toContain(
    "spread and |error|, Spearman&#39;s rho",
  );
  await cp(join(root, "seed-1/mr.nii.gz"), join(root, "other.nii.gz"));
  await refused([...pair, "--spread", "other.nii.gz"], /other\.nii\.gz: is marked as MR/);
  await refused([...pair, "--spread", "seed-1/ct.nii.gz"], /--spread: holds -\d+, and a spread is 0 or more/);
  const cohort = ["evaluate", "--predictions", root, "--references", root, "--preset", "synthrad2023"];
  await refused([...cohort, "--spread", "sct_spread.nii.gz"], /--spread: is for one pair only/);
  expect(await readdir(join(root, "scores"))).toHaveLength(3);
}, 180_000);
