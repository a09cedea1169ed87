import { copyFile, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { errorOf } from "../../../test/support/error-of.ts";
import type { CohortCase } from "../../evaluation/cohort/index.ts";
import { evaluateCohort } from "../../evaluation/cohort/index.ts";
import { Volume } from "../../imaging/volume/index.ts";
import { caseWorkers, type OpenCohortOptions, openCohort, writeVolume } from "./index.ts";

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "midash-cohort-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Empty files: only names are read when a cohort is opened. */
async function touch(...names: readonly string[]): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), "");
  }
}

const open = (folders: { predictions?: string; references?: string; masks?: string; mrs?: string } = {}) => {
  const under = (name: string | undefined) => (name === undefined ? undefined : join(root, name));
  const { predictions = "sct", references = "ct", masks, mrs } = folders;
  return openCohort({
    predictions: join(root, predictions),
    references: join(root, references),
    masks: under(masks),
    mrs: under(mrs),
  });
};

const filesOf = (cases: readonly CohortCase[]) =>
  Object.fromEntries(
    cases.map(({ id, files = {} }) => [
      id,
      Object.values(files).map((path) => relative(root, path).replaceAll("\\", "/")),
    ]),
  );

describe("openCohort", () => {
  it("opens the cases of one part, by a table's own column or by a split, of cases or of patients", async () => {
    await touch("sct/a.nii", "sct/c.nii", "ct/a.nii", "ct/b.nii", "ct/c.nii");
    const csv = join(root, "cases.csv");
    const rows = ["a,x,ct/a.nii,test", "b,y,ct/b.nii,train", "c,x,,test"];
    await writeFile(csv, ["id,patient,ct,split", ...rows].join("\n"));
    const opened = async (options: OpenCohortOptions, references = csv) => {
      const cases = await openCohort({ predictions: join(root, "sct"), references }, options);
      return cases.map(({ id, files = {} }) => `${id}: ${Object.keys(files).join(" ")}`);
    };
    expect(await opened({})).toEqual(["a: prediction reference", "b: reference", "c: prediction"]);
    expect(await opened({ part: "test" })).toEqual(["a: prediction reference", "c: prediction"]);
    expect(await opened({ part: "test", split: { test: ["x"] } })).toHaveLength(2);
    expect(await opened({ part: "train", split: { test: ["b"] } })).toHaveLength(2);
    const folder = join(root, "ct");
    expect(await opened({ part: "test", split: { test: ["a", "b"] } }, folder)).toEqual([
      "a: prediction reference",
      "b: reference",
    ]);
    expect((await errorOf(opened({ part: "test" }, folder))).message).toMatch(
      /there is no split to be a part of; give split RUN .*, or add a column split to the table/,
    );
    expect((await errorOf(opened({ part: "train" }))).message).toMatch(/has none, .*cases\.csv has b/);
    expect((await errorOf(opened({ part: "validation" }))).message).toContain(
      "none of 3 cases is in the part validation",
    );
  });

  it("takes a structure of RTSTRUCT or SEG files as the mask, on the CT's grid", async () => {
    const fixtures = fileURLToPath(new URL("../../../test/fixtures/structures/", import.meta.url));
    const { grid } = JSON.parse(await readFile(`${fixtures}expected.json`, "utf8"))["binary.dcm"] as {
      grid: Pick<Volume, "shape" | "affine">;
    };
    const [nx, ny, nz] = grid.shape;
    const ct = new Volume({ ...grid, data: new Int16Array(nx * ny * nz), unit: "HU" });
    for (const name of ["sct", "ct", "rt"]) await mkdir(join(root, name));
    for (const name of ["sct/a.nii", "ct/a.nii"]) await writeVolume(join(root, name), ct);
    await copyFile(`${fixtures}binary.dcm`, join(root, "rt/a.dcm"));
    const with_ = (masks: string) =>
      openCohort({ predictions: join(root, "sct"), references: join(root, "ct"), masks });
    const [big] = await with_(`Big@${join(root, "rt")}`);
    const mask = await big!.mask!.load();
    expect([mask.shape, mask.meta.structure]).toEqual([ct.shape, "Big"]);
    const [small] = await with_(`Small@${join(root, "rt")}`);
    expect(small!.fingerprint).not.toBe(big!.fingerprint);
    expect((await errorOf((await with_(join(root, "rt")))[0]!.mask!.load())).message).toContain(
      "holds 2 structures: Big (1), Small (2)",
    );
  });

  it("pairs as SynthRAD ships: case folders, and predictions by id", async () => {
    await touch("ct/1BA001/ct.mha", "ct/1BA001/mr.mha", "ct/1BA001/mask.mha", "ct/overview/1BA001.png");
    await touch("ct/1BA002/ct.nii.gz", "ct/1BA002/mr.nii.gz", "ct/1BA002/mask.nii.gz");
    await touch("sct/1BA001.mha", "sct/sct_1BA002.nii.gz", "sct/notes.txt");
    const cases = await open({ masks: "ct", mrs: "ct" });
    expect(filesOf(cases)).toEqual({
      "1BA001": ["sct/1BA001.mha", "ct/1BA001/ct.mha", "ct/1BA001/mask.mha", "ct/1BA001/mr.mha"],
      "1BA002": [
        "sct/sct_1BA002.nii.gz",
        "ct/1BA002/ct.nii.gz",
        "ct/1BA002/mask.nii.gz",
        "ct/1BA002/mr.nii.gz",
      ],
    });
  });

  it("pairs flat folders, also one that holds all", async () => {
    await touch("all/a_sct.nii.gz", "all/a_ct.nii.gz", "all/a_mask.nii.gz", "all/a_mr.nii.gz");
    await touch("all/B_sct.nii.gz", "all/B_ct.nii.gz", "all/B_mask.nii.gz", "all/B_mr.nii.gz");
    const cases = await open({ predictions: "all", references: "all", masks: "all", mrs: "all" });
    expect(Object.keys(filesOf(cases))).toEqual(["B", "a"]);
    expect(filesOf(cases).a).toEqual([
      "all/a_sct.nii.gz",
      "all/a_ct.nii.gz",
      "all/a_mask.nii.gz",
      "all/a_mr.nii.gz",
    ]);
  });

  it("takes files of another word where all say it, folders of either, and headers with their voxels once", async () => {
    await touch("sct/ct_1.nii", "sct/ct_2.nii");
    await touch("ct/1/ct.mhd", "ct/1/ct.raw", "ct/2/CT/0001.dcm", "ct/2/CT/0002.dcm");
    const cases = await open();
    expect(filesOf(cases)).toEqual({
      "1": ["sct/ct_1.nii", "ct/1/ct.mhd"],
      "2": ["sct/ct_2.nii", "ct/2/CT"],
    });
  });

  it("an id without its partner is a case that fails with that reason", async () => {
    const volume = new Volume({
      shape: [9, 9, 9],
      data: Int16Array.from({ length: 729 }, (_, i) => i),
      unit: "HU",
    });
    await touch("sct/x", "ct/x", "mask/x");
    for (const name of ["sct/a.nii", "sct/b.nii", "ct/a.nii", "ct/c.nii", "mask/b.nii"])
      await writeVolume(join(root, name), volume);
    const cases = await open({ masks: "mask" });
    let failed: unknown[] = [];
    const error = await errorOf(
      (async () => {
        for await (const event of evaluateCohort(cases, { preset: "synthrad2023" }))
          if (event.type === "case" && event.result.status === "failed")
            failed = [...failed, `${event.result.id} ${event.result.reason}`];
      })(),
    );
    expect(failed).toEqual([
      "a has no mask; add its file, or leave the case out",
      "b has no CT; add its file, or leave the case out",
      "c has no synthetic CT; add its file, or leave the case out",
    ]);
    expect(error.message).toMatch(/no case could be evaluated; the first: a: has no mask/);
  });

  it("takes CTs, masks and MRs from a table by id", async () => {
    await touch("sct/a.mha", "sct/b.mha", "x/1.nii", "x/2.nii", "y/2.nii");
    await writeFile(join(root, "all.csv"), "id,planning,mask,age\na,x/1.nii,,61\nb,x/2.nii,y/2.nii,70\n");
    const [predictions, references] = [join(root, "sct"), join(root, "all.csv")];
    const cases = await openCohort(
      { predictions, references, masks: references },
      { columns: { ct: "planning" } },
    );
    expect(filesOf(cases)).toEqual({ a: ["sct/a.mha", "x/1.nii"], b: ["sct/b.mha", "x/2.nii", "y/2.nii"] });
    expect((await errorOf(openCohort({ predictions, references }))).message).toMatch(
      /all\.csv: has no column ct: its columns are id, planning, mask, age; rename .* columns ct=NAME/,
    );
    expect(
      (await errorOf(openCohort({ predictions, references: predictions }, { columns: { ct: "x" } }))).message,
    ).toContain("columns: is for a table");
  });

  it("refuses ids that are there twice, naming all", async () => {
    await touch("sct/1.mha", "sct/sct_1.mha", "sct/2.mha", "sct/2/sct.nii", "sct/3.mha", "ct/1.mha");
    const { message, kind } = await errorOf(open());
    expect(kind).toBe("invalid-argument");
    expect(message).toMatch(
      /2 ids are there twice: 1 \(1\.mha and sct_1\.mha\), 2 \(2\.mha and 2.sct\.nii\)/,
    );
  });

  it("refuses folders that hold nothing for it, or other ids", async () => {
    await touch("sct/a.mha", "ct/b.mha", "ct/c.mha", "none/readme.txt");
    expect((await errorOf(open())).message).toMatch(
      /no case id is in both: .*sct has a, .*ct has b, c; name files/,
    );
    expect((await errorOf(open({ references: "none" }))).message).toMatch(
      /none: no volumes here: looked for <id>/,
    );
    expect((await errorOf(open({ references: "absent" }))).kind).toBe("not-found");
  });

  it("fingerprints change with any of the files, also voxels beside a header", async () => {
    await touch("sct/1.mha", "ct/1/ct.mhd", "ct/1/ct.raw", "ct/1/other.raw");
    const print = async () => (await open())[0]!.fingerprint;
    const before = await print();
    expect(await print()).toBe(before);
    await utimes(join(root, "ct/1/other.raw"), 1, 1);
    expect(await print()).toBe(before);
    await utimes(join(root, "ct/1/ct.raw"), 1, 1);
    expect(await print()).not.toBe(before);
  });
});

describe("caseWorkers", () => {
  it("refuses an invalid count", () => {
    for (const count of [0, 1.5, 1000])
      expect(() => caseWorkers({ count })).toThrow(/count must be a whole number/);
  });

  it("needs its script beside it: this is the source, which has none", () => {
    expect(() => caseWorkers({ count: 1 })).toThrow(/node\/case-worker\.js of this package, is not there/);
  });
});
