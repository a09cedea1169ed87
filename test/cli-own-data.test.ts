/** Training on data of one's own, as a user runs it: patterns, splits, missing files, going on from a model. Needs `npm run build` first. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadModel } from "../src/host/node/index.ts";
import { encodeVolume, type Unit, Volume } from "../src/index.ts";
import { lastJson, midashIn, refusedIn } from "./support/midash.ts";

let root = "";
const midash = (...args: readonly string[]) => midashIn(root, args);
const refused = (args: readonly string[], says: string | RegExp) => refusedIn(root, args, says);

/** A ball of 40 HU in air, or the MR of one. */
async function put(path: string, unit: Unit): Promise<void> {
  const size = 16;
  const data = Int16Array.from({ length: size ** 3 }, (_, i) => {
    const place = [i % size, Math.floor(i / size) % size, Math.floor(i / size ** 2)];
    const inside = Math.hypot(...place.map((v) => v - size / 2)) < size / 3;
    return unit === "arbitrary" ? (inside ? 500 + (i % 7) : i % 5) : inside ? 40 : -1000;
  });
  await mkdir(dirname(join(root, path)), { recursive: true });
  const volume = new Volume({ shape: [size, size, size], data, unit });
  await writeFile(join(root, path), await encodeVolume(volume, { format: "nifti" }));
}

const TINY = "--base-filters 2 --levels 2 --epochs 1 --steps-per-epoch 2 --batch-size 2".split(" ");
const SMALL = { subjects: [1, 1, 1], phantomShape: [32, 32, 16], phantomSpacing: [6, 6, 10] };
const PATTERN = ["--pattern", "mr=<id>/scan/T1.nii.gz", "--pattern", "ct=<id>/plan/CT_*.nii.gz"];
interface Trained {
  readonly cases: { readonly train: number; readonly validation: number; readonly test: number };
  readonly leftOut?: readonly { readonly id: string; readonly why: string }[];
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "midash-own-data-"));
  for (const id of ["p1", "p2", "p3", "p4"]) {
    await put(`own/${id}/scan/T1.nii.gz`, "arbitrary");
    if (id !== "p4") await put(`own/${id}/plan/CT_1.nii.gz`, "HU");
  }
  await writeFile(join(root, "split.csv"), "id,split\np1,train\np2,val\np3,test\n");
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe("data of one's own", () => {
  it("is found by patterns, split by a file, and says what it leaves out", async () => {
    const train = ["train", "own", "--out", "first", ...PATTERN, "--split", "split.csv", ...TINY];
    await refused(
      train,
      "midash: own: 1 of 4 cases lack files: p4 (ct); add the files, or set --skip-incomplete to leave these cases out\n",
    );
    const ran = await midash(...train, "--skip-incomplete", "--json");
    expect(ran.code, ran.err).toBe(0);
    expect(ran.err).toContain("\nFor validation: p2\nFor test: p3\nLeft out: p4 lacks ct\n");
    const json = lastJson(ran) as unknown as Trained;
    expect(json.cases).toEqual({ train: 1, validation: 1, test: 1 });
    expect(json.leftOut).toEqual([{ id: "p4", why: "lacks ct" }]);
    const { split } = JSON.parse(await readFile(join(root, "first/metrics.json"), "utf8")) as {
      split: unknown;
    };
    expect(split).toEqual({ train: ["p1"], validation: ["p2"], test: ["p3"] });
  });

  it("refuses splits that can't be", async () => {
    const train = ["train", "own", "--out", "r", ...PATTERN, "--skip-incomplete", "--split"];
    await refused(
      [...train, "validation=p2 test=p9"],
      /own: the split names "p9", which is no case; cases are p1, p2, p3\n/,
    );
    await refused(
      [...train, "test=P_2"],
      /own: the split names "P_2", which is no case; did you mean "p2"\?/,
    );
    await refused([...train, "tset=p2"], /--split: must be shares \(0\.8,0\.1,0\.1\), a \.csv/);
    await refused([...train, "0.8,0.1,0.2"], /--split: must add up to 1, got 1\.1/);
    await refused([...train, "absent.csv"], /absent\.csv: no such file/);
    await refused(
      ["train", "own", "--out", "r", ...PATTERN, "--layout", "bids"],
      /--layout: patterns say how/,
    );
    await refused(["train", "own", "--out", "r", "--pattern", "ct"], /--pattern: must be a path by name/);
    await refused(["train", "phantom", "--out", "r", ...PATTERN], /--pattern: is for data on disk only/);
  });

  it("is a table with columns of other names and columns that are not used", async () => {
    const rows = ["p1", "p2", "p3"].map(
      (id) => `${id},own/${id}/scan/T1.nii.gz,own/${id}/plan/CT_1.nii.gz,north`,
    );
    await writeFile(join(root, "cases.csv"), ["patient,mri,planning_ct,hospital", ...rows].join("\n"));
    const train = ["train", "cases.csv", "--out", "by-table", "--split", "split.csv", ...TINY];
    await refused(
      [...train, "--column", "mr=mri"],
      "midash: cases.csv: has no column ct: its columns are patient, mri, planning_ct, hospital; rename the column that holds the CT to ct, " +
        "or say which it is by --column ct=planning_ct\n",
    );
    await refused(
      train,
      /has no column ct: .*; has a column "mri": did you mean mr\?; rename them, say which they are by --column ct=planning_ct --column mr=mri/,
    );
    const columns = ["--column", "mr=mri", "--column", "ct=planning_ct"];
    const ran = await midash(...train, ...columns, "--json");
    expect(ran.code, ran.err).toBe(0);
    expect(ran.err).toContain("Columns not used: hospital\n");
    expect(lastJson(ran)).toMatchObject({
      cases: { train: 1, validation: 1, test: 1 },
      unused: ["hospital"],
    });
    await refused(["train", "absent.csv", "--out", "r"], /absent\.csv: no such file/);
    expect((await midash("train", "--help")).out).toMatch(/table\s+of\s+files/);

    const model = ["--model", "by-table/model.safetensors"];
    const made = await midash(
      ...[
        "synthesize",
        "cases.csv",
        "made",
        ...columns,
        ...model,
        ...["--part", "test", "--split", "by-table", "--json"],
      ],
    );
    expect(made.code, made.err).toBe(0);
    expect((await readdir(join(root, "made"))).filter((name) => /^p/.test(name))).toEqual(["p3"]);
    const wrong = ["synthesize", "cases.csv", "r", ...columns, ...model];
    await refused(
      [...wrong, "--part", "test"],
      /--part: there is no split to be a part of; give --split RUN /,
    );
    await refused([...wrong, "--split", "split.csv"], /--split: says nothing without --part/);
    const found = await midash("synthesize", "own", "all", "--pattern", PATTERN[1]!, ...model);
    expect(found.code, found.err).toBe(0);
    expect((await readdir(join(root, "all"))).filter((name) => /^p/.test(name))).toEqual([
      "p1",
      "p2",
      "p3",
      "p4",
    ]);

    const cohort = ["evaluate", "--predictions", "made", "--references", "cases.csv", "--preset", "monai"];
    const scored = await midash(...cohort, "--column", "ct=planning_ct", "--workers", "1", "--json");
    expect(lastJson(scored)).toMatchObject({ scored: 1, failed: [{ id: "p1" }, { id: "p2" }] });
    await refused(cohort, /cases\.csv: has no column ct: .* by --column ct=planning_ct/);
    const part = ["--column", "ct=planning_ct", "--part", "test"];
    const tested = await midash(...cohort, ...part, "--split", "by-table", "--out", "scores", "--json");
    expect([tested.code, tested.err]).toEqual([0, expect.stringMatching(/made: 1 of 1 cases/)]);
    expect(lastJson(tested)).toMatchObject({ part: "test", split: "by-table", scored: 1, failed: [] });
    expect(await readFile(join(root, "scores/report.html"), "utf8")).toContain("test of by-table");
    await refused([...cohort, ...part], /--part: there is no split to be a part of; give --split RUN /);
    const onePair = ["evaluate", "--prediction", "a.nii", "--reference", "b.nii", "--preset", "monai"];
    await refused([...onePair, "--part", "test"], /--part: is for a cohort only/);
  });

  it("evaluates the test cases that have a CT, and names those that it leaves out", async () => {
    const rows = ["p1,train", "p2,val", "p3,test", "p4,test"].map((row) => {
      const [id, part] = row.split(",");
      const ct = id === "p4" ? "" : `own/${id}/plan/CT_1.nii.gz`;
      return `${id},own/${id}/scan/T1.nii.gz,${ct},${part}`;
    });
    await writeFile(join(root, "parts.csv"), ["id,mr,ct,split", ...rows].join("\n"));
    const model = ["--model", "first/model.safetensors"];
    const made = await midash("synthesize", "parts.csv", "made-parts", ...model, "--part", "test");
    expect(made.code, made.err).toBe(0);
    const cohort = [
      ...["evaluate", "--predictions", "made-parts", "--references", "parts.csv", "--part", "test"],
      ...["--preset", "monai", "--json"],
    ];
    const whole = await midash(...cohort);
    expect(whole.code).toBe(2);
    expect(lastJson(whole)).toMatchObject({ scored: 1, failed: [{ id: "p4" }] });
    const ran = await midash(...cohort, "--skip-incomplete");
    expect([ran.code, ran.err]).toEqual([0, expect.stringContaining("Left out: p4 lacks ct\n")]);
    expect(lastJson(ran)).toMatchObject({
      ...{ scored: 1, failed: [], leftOut: [{ id: "p4", why: "lacks ct" }] },
    });
  });

  it("a folder that is no dataset but holds a table names the table", async () => {
    await mkdir(join(root, "hospital"));
    await writeFile(join(root, "hospital/cases.csv"), "id,mr,ct\n");
    await writeFile(join(root, "hospital/read.me"), "");
    await refused(["train", "hospital", "--out", "r"], /; there is a table: give hospital\/cases\.csv if/);
    await writeFile(join(root, "hospital/more.tsv"), "id\tage\n");
    await refused(["train", "hospital", "--out", "r"], /; there are tables: give the one whose rows are /);
  });

  it("says how many are tested where the names would fill lines", async () => {
    const rows = Array.from({ length: 15 }, (_, n) => {
      const ct = n < 2 ? "own/p1/plan/CT_1.nii.gz" : "split.csv";
      return `${n},own/p1/scan/T1.nii.gz,${ct},${["train", "val"][n] ?? "test"}`;
    });
    await writeFile(join(root, "many.csv"), ["id,mr,ct,split", ...rows].join("\n"));
    const ran = await midash("train", "many.csv", "--out", "many", ...TINY);
    expect(ran.out).toContain(
      'For validation: 1\nFor test: 13 cases, which stand under "split" in many/metrics.json once the run is done\n',
    );
    expect(ran.err).toContain("split.csv"); // it is no CT: the run ends when the cases are checked
  });

  it("a model goes on from another as it was trained, frozen weights as they were", async () => {
    const data = ["own", ...PATTERN, "--skip-incomplete", "--split", "test=p3"];
    const more = ["--epochs", "1", "--steps-per-epoch", "2", "--freeze", "encoder.*,up.*"];
    const ran = await midash("train", ...data, "--out", "more", "--from", "first/model.safetensors", ...more);
    expect(ran.code, ran.err).toBe(0);
    expect(ran.out).toMatch(
      /^Going on from a model of own, 2 steps old\n[1-9][\d,]* parameters are frozen$/m,
    );
    const [first, second] = [
      await loadModel(join(root, "first/model.safetensors")),
      await loadModel(join(root, "more/model.safetensors")),
    ];
    expect([second.model, second.preparation]).toEqual([first.model, first.preparation]);
    expect(second.provenance.from).toMatchObject({ created: first.provenance.created, steps: 2 });
    expect(second.provenance.settings).toMatchObject({ freeze: ["encoder.*", "up.*"] });
    for (const [name, { data: values }] of Object.entries(first.weights)) {
      const frozen = /^(encoder|up)\./.test(name);
      expect([
        name,
        Buffer.from(values.buffer).equals(Buffer.from(second.weights[name]!.data.buffer)),
      ]).toEqual([name, frozen]);
    }
    const resumed = await midash("train", ...data, "--out", "more", "--resume", "--epochs", "2");
    expect(resumed.code, resumed.err).toBe(0);
    expect(resumed.out).toContain("Resuming after epoch 1 of 2");
    const from = ["train", ...data, "--out", "r", "--from"];
    await refused([...from, "absent.safetensors"], /absent\.safetensors: no such file/);
    await refused(
      [...from, "first/model.safetensors", "--base-filters", "4"],
      /--from: holds weights of another unet: baseFilters is 2 in it, here 4/,
    );
    await refused(
      [...from, "first/model.safetensors", "--freeze", "encode*x"],
      /--freeze: "encode\*x" is the name of no weight of this unet; its weights are decoder\.\*, encoder\.\*, output\.\*, up\.\*, e\.g\. /,
    );
  });

  it("a setting of a config is called by the file and its key, a typed one by its flag", async () => {
    const config = async (train: object) => {
      await writeFile(join(root, "wish.json"), JSON.stringify({ train: { ...SMALL, ...train } }));
      return ["train", "phantom", "--out", "r", "--config", "wish.json"];
    };
    await refused(
      await config({ size: [30, 30] }),
      /^midash: wish\.json, "train\.size": must be multiples of 8/,
    );
    await refused(
      [...(await config({ size: [30, 30] })), "--size", "20x20"],
      /^midash: --size: must be multiples of/,
    );
    const frozen = await midash(...(await config({ freeze: ["*"] }))); // names are known once there are weights
    expect([frozen.code, frozen.err]).toEqual([
      2,
      expect.stringMatching(/^midash: wish\.json, "train\.freeze": freezes all weights/),
    ]);
    await refused(
      await config({ layout: "bids" }),
      /^midash: wish\.json, "train\.layout": is for data on disk only/,
    );
    await refused(
      await config({ modelOptions: { classes: ["a", "b"] } }),
      /^midash: wish\.json, "train\.modelOptions\.classes": the phantom's classes are/,
    );
    await refused(
      await config({ lr: 1 }),
      /wish\.json, "train\.lr": unknown setting; did you mean "learningRate"\?/,
    );
  });

  it("resampling onto another grid says that it registers nothing", async () => {
    const ran = await midash(
      "resample",
      "own/p1/plan/CT_1.nii.gz",
      "on.nii.gz",
      "--spacing",
      "2,2,2",
      "--json",
    );
    expect(lastJson(ran).warnings).toBeUndefined();
    const like = await midash(
      "resample",
      "own/p1/plan/CT_1.nii.gz",
      "like.nii.gz",
      "--like",
      "on.nii.gz",
      "--json",
    );
    const says =
      "resampling goes by the positions in the headers and registers nothing: images that are not aligned stay so";
    expect(lastJson(like).warnings).toEqual([`${says}.`]);
    const pair = ["evaluate", "--prediction", "on.nii.gz", "--reference", "own/p1/plan/CT_1.nii.gz"];
    await refused([...pair, "--preset", "monai"], `--unit HU (${says})`);
  });
});
