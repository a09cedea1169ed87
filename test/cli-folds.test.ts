/** Cross-validation, searches and the list of runs by the command line. Needs `npm run build`. */
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { midashIn } from "./support/midash.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "midash-folds-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const TINY =
  "--phantom-shape 24,28,16 --phantom-spacing 9,9,12 --base-filters 2 --levels 2 --steps-per-epoch 3 --batch-size 2 --learning-rate 0.003".split(
    " ",
  );
const midash = (...args: readonly string[]) => midashIn(folder, args);
const json = async (path: string) => JSON.parse(await readFile(join(folder, path), "utf8"));
const jsonOf = (out: string) => JSON.parse(out.trim().split("\n").at(-1)!);

describe("train --folds", { timeout: 120_000 }, () => {
  const train = [
    "train",
    "phantom",
    "--out",
    "five",
    "--folds",
    "3",
    "--subjects",
    "4,2,1",
    "--epochs",
    "2",
    ...TINY,
  ];

  it("does the folds of a job, and whoever does the last makes one model of all", async () => {
    const first = await midash(...train, "--shard", "1/2", "--json");
    expect([first.code, jsonOf(first.out).left]).toEqual([0, [2]]);
    const made = (await stat(join(folder, "five/fold-1/model.safetensors"))).mtimeMs;
    await expect(stat(join(folder, "five/model.safetensors"))).rejects.toThrow("ENOENT");

    const last = await midash(...train, "--json");
    expect(last.code, last.err).toBe(0);
    expect(last.err).toMatch(/Fold 1 of 3, in five\/fold-1\nDone before/);
    expect((await stat(join(folder, "five/fold-1/model.safetensors"))).mtimeMs).toBe(made);
    const { crossValidation, test } = jsonOf(last.out);
    const ids = crossValidation.cases.map(({ id }: { id: string }) => id);
    expect([ids.length, new Set(ids).size]).toEqual([6, 6]); // each validates once
    expect(ids).not.toContain("phantom-006"); // that of the test
    const maes: number[] = crossValidation.cases.map(({ mae }: { mae: number }) => mae);
    const mean = maes.reduce((a, b) => a + b) / 6;
    const [mae] = crossValidation.measures;
    expect(mae).toMatchObject({ name: "mae", unit: "HU", count: 6 });
    expect(mae.mean).toBeCloseTo(mean, 9);
    expect(mae.sd).toBeCloseTo(Math.sqrt(maes.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 5), 9);
    expect(test.synthrad2023.mae).toBeGreaterThan(0);
    const fold = await json("five/fold-2/metrics.json");
    expect(fold.scores.map(({ id }: { id: string }) => id).sort()).toEqual([...fold.split.validation].sort());
    expect(fold.test.synthrad2023.mae).toBeCloseTo(mae.byFold[1], 6);
  });

  it("the model is used as any other, and gives the spread of its members", async () => {
    const info = jsonOf((await midash("info", "five/model.safetensors", "--json")).out);
    expect([info.name, info.config.members, info.provenance.cases]).toEqual(["ensemble", 3, 6]);
    expect(info.metrics.crossValidation.mae.cases).toBe(6);
    const model = ["--model", "five/model.safetensors", "--allow-phantom-model"];
    const made = await midash("synthesize", "five/fold-1/mr.nii.gz", "s.nii.gz", ...model);
    expect(made.code, made.err).toBe(0);
    expect((await stat(join(folder, "s_spread.nii.gz"))).size).toBeGreaterThan(100);
    expect((await midash("export-onnx", "five/model.safetensors", "m.onnx")).code).toBe(0);
  });

  it("a fold alone goes on as a run of its own; other settings are refused", async () => {
    const more = await midash(
      "train",
      "phantom",
      "--out",
      "five/fold-2",
      "--resume",
      "--epochs",
      "3",
      "--json",
    );
    expect(more.code, more.err).toBe(0);
    expect([jsonOf(more.out).epochs, more.err]).toEqual([
      3,
      expect.stringContaining("Resuming after epoch 2 of 3"),
    ]);
    const other = await midash(...train, "--batch-size", "3");
    expect([other.code, other.err]).toEqual([
      2,
      expect.stringMatching(/five: holds folds of other settings: batchSize;/),
    ]);
    const none = await midash("train", "phantom", "--out", "x", "--fold", "1");
    expect([none.code, none.err]).toEqual([2, expect.stringMatching(/--fold: is for --folds/)]);
    const few = await midash(
      "train",
      "phantom",
      "--out",
      "x",
      "--folds",
      "9",
      "--subjects",
      "2,1,1",
      ...TINY,
    );
    expect([few.code, few.err]).toEqual([
      2,
      expect.stringMatching(/3 patient\(s\) can't be dealt into 9 folds/),
    ]);
  });
});

describe("sweep and runs", { timeout: 120_000 }, () => {
  const sweep = ["sweep", "phantom", "--subjects", "3,1,1", ...TINY];

  it("ranks a grid by validation, a trial that fails last; the best settings are a config", async () => {
    const grid = [...sweep, "--out", "grid", "--epochs", "1", "--vary", "learningRate=1e-4,1e30,1e-2"];
    const { code, out, err } = await midash(...grid, "--json");
    expect(code, err).toBe(0);
    const { trials, best, better } = jsonOf(out);
    expect([better, best]).toEqual(["lower", 3]);
    expect(trials.map(({ trial }: { trial: number }) => trial)).toEqual([3, 1, 2]);
    expect(trials.map(({ state }: { state: string }) => state)).toEqual(["done", "done", "failed"]);
    expect(trials[0].validation).toBeLessThan(trials[1].validation);
    expect((await json("grid/best.json")).train.learningRate).toBe(0.01);
    await expect(stat(join(folder, "grid/trial-3/montage.png"))).rejects.toThrow("ENOENT"); // nothing was tested
    const again = await midash(...grid);
    expect(again.out).not.toContain("Training a model");

    const listed = jsonOf((await midash("runs", "grid", "--json")).out);
    expect(listed.differ).toEqual(["learningRate"]);
    expect(listed.runs.map(({ state }: { state: string }) => state)).toEqual(["done", "failed", "done"]);
    expect(listed.runs[1].problem).toMatch(/the loss (is|became) /);
    expect(listed.runs[2]).toMatchObject({
      run: "trial-3",
      epochs: 1,
      of: 1,
      best: { name: "MAE", epoch: 1 },
      settings: { learningRate: 0.01 },
    });
    const table = (await midash("runs", "grid")).out;
    expect(table).toMatch(/trial-2 +failed +0\/1/);
  });

  it("halving goes on with the better ones from where they were, over several jobs", async () => {
    const halving = [
      ...sweep,
      "--out",
      "half",
      "--epochs",
      "4",
      "--search",
      "halving",
      "--keep-one-in",
      "2",
      "--vary",
      "learningRate=1e-6,1e-2,1e-5,3e-3",
    ];
    const one = await midash(...halving, "--shard", "1/2");
    expect(one.out).toMatch(/Trial 2, 4 is left to other jobs; run this again/);
    const { trials } = jsonOf((await midash(...halving, "--json")).out);
    const epochs = Object.fromEntries(
      trials.map(({ trial, epochs: done }: { trial: number; epochs: number }) => [trial, done]),
    );
    expect([epochs[1], epochs[3]]).toEqual([1, 1]);
    expect([epochs[2], epochs[4]].sort()).toEqual([2, 4]);
    const log = (await readFile(join(folder, `half/trial-${epochs[2] === 4 ? 2 : 4}/log.jsonl`), "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(log.filter(({ type }) => type === "epoch").map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    expect(log.filter(({ type }) => type === "start").map(({ epoch }) => epoch)).toEqual([0, 1, 2]);
  });

  it.each([
    [["--vary", "nothing=1,2"], /--vary nothing: the model unet has no such option/],
    [["--vary", "ema=0,2"], /--vary ema: must be a number from 0 to 0.99999, got 2/],
    [["--vary", "epochs=1,2"], /--vary epochs: can't be varied/],
    [["--vary", "ema=0", "--search", "halving", "--schedule", "cosine"], /--schedule: ends with the run/],
  ])("%j is refused before anything is trained", async (args, message) => {
    const { code, err } = await midash(...sweep, "--out", "none", ...args);
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
    await expect(stat(join(folder, "none"))).rejects.toThrow("ENOENT");
  });
});
