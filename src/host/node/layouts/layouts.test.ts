import { copyFile, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorOf } from "../../../../test/support/error-of.ts";
import { affineFromSpacing, Volume } from "../../../imaging/volume/index.ts";
import type { Case } from "../../../road/data/index.ts";
import { TRAIN_OPTIONS } from "../../../road/training/index.ts";
import { type DatasetLayout, type OpenDatasetOptions, openDataset, writeVolume } from "../index.ts";
import { LAYOUTS } from "./index.ts";

const fixtures = fileURLToPath(new URL("../../../../test/fixtures/", import.meta.url));
let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "midash-layouts-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A folder of small volumes; each tells by its only value which file it is. */
async function made(name: string, files: readonly string[]): Promise<string> {
  for (const [n, file] of files.entries()) {
    const path = join(root, name, file);
    await mkdir(dirname(path), { recursive: true });
    const data = new Int16Array(60).fill(n + 1);
    await writeVolume(path, new Volume({ shape: [3, 4, 5], data, affine: affineFromSpacing([1, 1, 1]) }));
  }
  return join(root, name);
}

const SPLIT = { train: 0.5, validation: 0.25, test: 0.25 };

async function casesOf(path: string, options: OpenDatasetOptions = {}): Promise<readonly Case[]> {
  const { train, validation, test } = await openDataset(path, { split: SPLIT, ...options });
  return [...train, ...validation, ...test].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Id, and inputs, CT and mask by the files that they come from. */
async function sources(cases: readonly Case[], files: readonly string[]) {
  const of = async (ref: { load(): Promise<Volume> } | undefined) =>
    ref && files[(await ref.load()).data[0]! - 1];
  return Promise.all(
    cases.map(async ({ id, inputs, targets, mask }) => ({
      id,
      ...Object.fromEntries(
        await Promise.all(Object.entries(inputs).map(async ([name, ref]) => [name, await of(ref)])),
      ),
      ct: await of(targets?.ct),
      ...(mask ? { mask: await of(mask) } : {}),
    })),
  );
}

const message = async (promise: Promise<unknown>) => (await errorOf(promise)).message;

describe("layouts", () => {
  it("flat: names before or behind the id, which keeps its case", async () => {
    const one = (id: string) => [`${id}_mr.nii.gz`, `${id}_ct.nii.gz`, `mask_${id}.mha`];
    const files = ["B1", "b2", "B_3"].flatMap(one);
    const found = await casesOf(await made("flat", files));
    expect(await sources(found, files)).toEqual(
      ["B1", "B_3", "b2"].map((id) => ({
        id,
        mr: `${id}_mr.nii.gz`,
        ct: `${id}_ct.nii.gz`,
        mask: `mask_${id}.mha`,
      })),
    );
    const cbct = await casesOf(
      await made(
        "flat-cbct",
        ["a", "b", "c"].flatMap((id) => [`${id}-CBCT.mha`, `${id}-CT.mha`]),
      ),
    );
    expect([Object.keys(cbct[0]!.inputs), (await cbct[0]!.inputs.cbct!.load()).unit]).toEqual([
      ["cbct"],
      "arbitrary",
    ]);
    const lone = await made("flat-lone", ["a_mr.nii", "b_mr.nii"]);
    expect(await message(openDataset(lone))).toContain(
      "no dataset here: found 2 files (a_mr.nii, b_mr.nii); nearest layout: flat (<id>_ct.* with <id>_mr|t1|t2|flair|pd|cbct.* in one folder): 2 cases, none has a CT",
    );
    const lost = await made("flat-lost", ["a_mr.nii", "a_ct.nii", "b_mr.nii"]);
    expect(await message(openDataset(lost))).toContain("flat-lost: 1 of 2 cases lack files: b (ct)");
  });

  it("nnunet: channels by the names of dataset.json", async () => {
    const one = (id: string) => [
      `imagesTr/${id}_0000.nii.gz`,
      `imagesTr/${id}_0001.nii.gz`,
      `labelsTr/${id}.nii.gz`,
      `masksTr/${id}.nii.gz`,
    ];
    const files = ["Head_01", "Head_02", "Head_03"].flatMap(one);
    const folder = await made("nnunet", files);
    await writeFile(join(folder, "dataset.json"), '{"channel_names": {"0": "T2", "1": "T1"}}');
    const found = await casesOf(folder);
    expect((await sources(found, files))[1]).toEqual({
      id: "Head_02",
      t2: "imagesTr/Head_02_0000.nii.gz",
      t1: "imagesTr/Head_02_0001.nii.gz",
      ct: "labelsTr/Head_02.nii.gz",
      mask: "masksTr/Head_02.nii.gz",
    });
    const target = ["a", "b", "c"].map((id) => `targetsTr/Head_0${"abc".indexOf(id) + 1}.nii.gz`);
    await made("nnunet", target);
    expect((await sources(await casesOf(folder), target))[0]!.ct).toBe("targetsTr/Head_01.nii.gz");
    await writeFile(join(folder, "dataset.json"), '{"channel_names": {"0": "CT", "1": "T1"}}');
    expect(await message(openDataset(folder))).toContain("ct and mask are taken");
    await writeFile(join(folder, "dataset.json"), "{");
    expect(await message(openDataset(folder))).toMatch(/dataset\.json: is no JSON/);
    const without = await made("nnunet-1", ["imagesTr/a_0000.nii"]);
    expect(await message(openDataset(without))).toContain(
      "there is imagesTr, but neither targetsTr nor labelsTr",
    );
    await made("nnunet-1", ["labelsTr/b.nii"]);
    expect(await message(openDataset(without))).toContain("nnunet (imagesTr/<id>_0000.* with the CT");
  });

  it("bids: sessions of a subject stay together, a CT may be in a session of its own", async () => {
    const files = [
      ...["1", "2"].flatMap((s) => [
        `sub-A/ses-${s}/anat/sub-A_ses-${s}_T1w.nii.gz`,
        `sub-A/ses-${s}/anat/sub-A_ses-${s}_acq-x_bold.nii.gz`,
        `sub-A/ses-${s}/ct/sub-A_ses-${s}_ct.nii.gz`,
      ]),
      "sub-B/ses-mr/anat/sub-B_ses-mr_T1w.nii.gz",
      "sub-B/ses-ct/ct/sub-B_ses-ct_CT.nii.gz",
      "sub-C/anat/sub-C_T1w.nii.gz",
      "sub-C/ct/sub-C_ct.nii.gz",
      "derivatives/x/sub-C_T1w.nii.gz",
    ];
    const folder = await made("bids", files);
    const found = await casesOf(folder);
    expect(await sources(found, files)).toEqual([
      { id: "sub-A_ses-1", t1: files[0], ct: files[2] },
      { id: "sub-A_ses-2", t1: files[3], ct: files[5] },
      { id: "sub-B", t1: files[6], ct: files[7] },
      { id: "sub-C", t1: files[8], ct: files[9] },
    ]);
    expect(found.map(({ patient }) => patient)).toEqual(["sub-A", "sub-A", "sub-B", "sub-C"]);
    await made("bids", ["sub-C/anat/sub-C_run-2_T1w.nii.gz"]);
    expect(await message(openDataset(folder))).toMatch(
      /sub-C: holds t1 twice, as sub-C_T1w.nii.gz and as sub-C_run-2/,
    );
  });

  it("table: CSV, TSV and JSON, paths from its folder, structures as masks", async () => {
    const files = ["a", "b c", "d"].flatMap((id) => [`x/${id}.nii`, `y/${id}.nii`]);
    const folder = await made("table", files);
    await copyFile(`${fixtures}structures/binary.dcm`, join(folder, "seg.dcm"));
    const rows = [
      ["id", "patient", "T1", "ct", "mask"],
      ["one", "p", "x/a.nii", "y/a.nii", "Big@seg.dcm"],
      ["two", "", '"x/b c.nii"', join(folder, "y/b c.nii"), ""],
      ["three", "p", "x/d.nii", "y/d.nii", "y/d.nii"],
      ["four", "q", "x/d.nii", "y/d.nii", ""],
    ];
    for (const [end, mark] of [
      ["csv", ","],
      ["csv", ";"],
      ["tsv", "\t"],
    ] as const) {
      const file = join(folder, `pairs.${end}`);
      await writeFile(file, `\ufeff${rows.map((row) => row.join(mark)).join("\r\n")}\r\n`);
      const found = await casesOf(file);
      expect(found.map(({ id, patient }) => [id, patient])).toEqual([
        ["four", "q"],
        ["one", "p"],
        ["three", "p"],
        ["two", undefined],
      ]);
      const [, , three, two] = found;
      expect(await sources([three!, two!], files)).toEqual([
        { id: "three", t1: "x/d.nii", ct: "y/d.nii", mask: "y/d.nii" },
        { id: "two", t1: "x/b c.nii", ct: "y/b c.nii" },
      ]);
      expect(await message(found[1]!.mask!.load())).toContain('segment "Big" lies outside the image');
    }
    const json = join(folder, "pairs.json");
    await writeFile(
      json,
      JSON.stringify([1, 2, 3].map((n) => ({ id: `${n}`, mr: "x/a.nii", ct: "y/a.nii", mask: null }))),
    );
    expect((await casesOf(json)).map(({ id, mask }) => [id, mask])).toEqual(
      ["1", "2", "3"].map((id) => [id, undefined]),
    );
    await writeFile(json, JSON.stringify([{ mr: "x/absent.nii", ct: "y/a.nii" }]));
    expect(await message(openDataset(json))).toMatch(
      /pairs\.json: no such file or folder: record 1, mr: .*absent\.nii; correct the paths/,
    );
    await writeFile(json, '{"a": 1}');
    expect(await message(openDataset(json))).toContain("must be a list of records");
    const bad = join(folder, "bad.csv");
    await writeFile(bad, "id,mr,ct\na,x/a.nii");
    expect(await message(openDataset(bad))).toContain("line 2 has 2 cells, the line of names 3");
    await writeFile(bad, "id,image\na,x/a.nii");
    expect(await message(openDataset(bad))).toContain(
      "bad.csv: has no column ct: its columns are id, image; rename the column that holds the CT to ct, or say which it is by columns ct=NAME",
    );
  });

  it("DICOM folders: by name in case folders, by modality in exports, with a SEG as the mask", async () => {
    for (const id of ["P1", "P2", "P3"])
      for (const [layout, mr, ctName, seg] of [
        ["named", "MR", "ct", "mask"],
        ["export", "study/101_t1_mprage", "study/202_head", "study/999_seg"],
      ] as const) {
        const folder = join(root, `dicom-${layout}`, id);
        await cp(`${fixtures}dicom/mr`, join(folder, mr), { recursive: true });
        await mkdir(join(folder, seg), { recursive: true });
        await copyFile(`${fixtures}structures/binary.dcm`, join(folder, seg, "1.dcm"));
        await cp(`${fixtures}dicom/implicit`, join(folder, ctName), { recursive: true });
      }
    for (const layout of ["named", "export"]) {
      const [one] = await casesOf(join(root, `dicom-${layout}`), { structure: "Small" });
      expect([one!.id, Object.keys(one!.inputs)]).toEqual(["P1", ["mr"]]);
      expect((await one!.inputs.mr!.load()).meta.modality).toBe("MR");
      expect((await one!.targets!.ct!.load()).meta.modality).toBe("CT");
      expect(await message(one!.mask!.load())).toContain('"Small" has the frame of reference');
    }
  });

  it("a structure as the mask of a case, on the grid of its CT", async () => {
    const { grid } = JSON.parse(await readFile(`${fixtures}structures/expected.json`, "utf8"))["axial.dcm"];
    const image = new Volume({
      ...grid,
      data: new Int16Array(grid.shape.reduce((a: number, n: number) => a * n, 1)),
    });
    for (const id of ["a", "b", "c"]) {
      await mkdir(join(root, "structures", id), { recursive: true });
      for (const name of ["mr.nii", "ct.nii"]) await writeVolume(join(root, "structures", id, name), image);
      await copyFile(`${fixtures}structures/axial.dcm`, join(root, "structures", id, "mask.dcm"));
    }
    const [one] = await casesOf(join(root, "structures"), { structure: "Ring" });
    const mask = await one!.mask!.load();
    expect([mask.shape, mask.meta.structure]).toEqual([grid.shape, "Ring"]);
    const [unnamed] = await casesOf(join(root, "structures"));
    expect(await message(unnamed!.mask!.load())).toContain("holds 12 structures: Ring (1)");
  });

  it("table: a column says the split, empty cells leave cases out", async () => {
    const folder = await made("split-table", ["a.nii"]);
    const rows = ["train", "test", "val", "", "training"].map((split, n) => `${n},a.nii,a.nii,${split}`);
    const csv = join(folder, "cases.csv");
    await writeFile(csv, ["id,mr,ct,split", ...rows].join("\n"));
    const ids = (cases: readonly { readonly id: string }[]) => cases.map(({ id }) => id).join("");
    const own = await openDataset(csv);
    expect([own.train, own.validation, own.test, own.leftOut].map(ids)).toEqual(["04", "2", "1", "3"]);
    const given = await openDataset(csv, { split: { test: ["0"] } });
    expect([given.train, given.test].map(ids)).toEqual(["1234", "0"]);
    await writeFile(csv, ["id,mr,ct,split", ...rows, "5,a.nii,a.nii,tarin"].join("\n"));
    expect(await message(openDataset(csv))).toContain('cases.csv (line 7): the split "tarin" is none');
  });

  it("table: columns that are no files are not used, misspelt ones refused, others may be said", async () => {
    const folder = await made("columns", ["a.nii", "north/a.nii"]);
    const csv = join(folder, "cases.csv");
    const write = (...lines: readonly string[]) => writeFile(csv, lines.join("\n"));
    const opened = (options: OpenDatasetOptions = {}) => message(openDataset(csv, options));
    const rows = (cells: string) => ["p1", "p2", "p3"].map((id) => `${id},${cells}`);
    // A hospital may be the name of a folder, too.
    await write("id,mr,ct,hospital,mrn,swi", ...rows("a.nii,a.nii,north,17,a.nii"));
    for (const [options, inputs, unused] of [
      [{}, ["mr", "swi"], ["hospital", "mrn"]],
      [{ inputs: ["mr"] }, ["mr"], ["hospital", "mrn", "swi"]],
      [{ inputs: ["swi"] }, ["swi"], ["hospital", "mrn"]],
    ] as const) {
      const dataset = await openDataset(csv, options);
      expect([Object.keys(dataset.train[0]!.inputs), dataset.unused]).toEqual([inputs, unused]);
    }
    expect(await opened({ inputs: ["hospitl"] })).toContain("lack files");

    await write("id,mrr,ct", ...rows("a.nii,a.nii"));
    expect(await opened()).toContain(
      'cases.csv: has a column "mrr": did you mean mr?; rename it, say which it is by columns mr=mrr, or name it by inputs if it is an input of its own',
    );
    expect(Object.keys((await openDataset(csv, { inputs: ["mrr"] })).train[0]!.inputs)).toEqual(["mrr"]);
    await write("id,mr,CTs,splitt", ...rows("a.nii,a.nii,train"));
    expect(await opened()).toContain('has a column "cts": did you mean ct?');
    await write("id,mr,ct,splitt", ...rows("a.nii,a.nii,train"));
    expect(await opened()).toContain('has a column "splitt": did you mean split?');
    await write("id,t1,t1c,ct,task", ...rows("a.nii,a.nii,a.nii,1")); // names of their own
    expect(Object.keys((await openDataset(csv)).train[0]!.inputs)).toEqual(["t1", "t1c"]);

    await write("No,mri,planning_CT", ...rows("a.nii,a.nii"));
    const columns = { CT: "planning_ct", mr: "MRI", id: "no" };
    expect((await casesOf(csv, { columns })).map(({ id, inputs }) => [id, ...Object.keys(inputs)])).toEqual(
      ["p1", "p2", "p3"].map((id) => [id, "mr"]),
    );
    expect(await opened({ columns: { mr: "mri" } })).toContain(
      "has no column ct: its columns are no, mri, planning_ct; rename the column that holds the CT to ct, or say which it is by columns ct=planning_ct",
    );
    expect(await opened({ columns: { ct: "planing_ct" } })).toContain(
      'has no column "planing_ct", which is to be ct; did you mean "planning_ct"?',
    );
    expect(await opened({ columns: { ct: "planning_ct" }, inputs: ["x"] })).toContain("did you mean mr?");
    expect(await opened()).toContain(
      'has no column ct: its columns are no, mri, planning_ct; has a column "mri": did you mean mr?; ' +
        "rename them, say which they are by columns ct=planning_ct columns mr=mri, or name mri by inputs if it is an input of its own",
    );
    expect(await opened({ columns: { ct: "plan", mr: "t1" } })).toContain(
      'has no column "plan", which is to be ct, and no column "t1", which is to be mr; its columns are no, mri, planning_ct',
    );
    await write("id,image,planning", ...rows("a.txt,a.txt"));
    expect(await opened()).toContain(
      "has no column ct and no column mr: its columns are id, image, planning; rename them, or say which they are by columns ct=NAME columns mr=NAME",
    );
    expect(await message(openDataset(folder, { columns }))).toContain("columns: is for a table");
    await write("id,ct", ...rows("a.nii"));
    expect(await opened()).toContain("has no column mr: its columns are id, ct");
    await write("id,mr,ct");
    expect(await opened()).toContain("holds no rows");
    expect(await message(openDataset(join(folder, "absent.csv")))).toContain("absent.csv: no such file");
  });

  it("table: patients are ids where each has one row, missing files are listed by line", async () => {
    const folder = await made("patients", ["a.nii"]);
    const csv = join(folder, "cases.csv");
    const write = (lines: readonly string[]) => writeFile(csv, ["patient,mr,ct", ...lines].join("\n"));
    const ids = async () => (await casesOf(csv)).map(({ id }) => id);
    await write(["x", "y", "z"].map((id) => `${id},a.nii,a.nii`));
    expect(await ids()).toEqual(["x", "y", "z"]);
    await write(["x", "x", "y", "z"].map((id) => `${id},a.nii,a.nii`));
    expect(await ids()).toEqual(["row-1", "row-2", "row-3", "row-4"]);
    await write(["x,a.nii,a.nii", "", "y,b.nii,c.nii", "z,d.nii,e.nii"]);
    const path = (name: string) => join(folder, name);
    expect(await message(openDataset(csv))).toContain(
      `no such file or folder: line 4, mr: ${path("b.nii")}, line 4, ct: ${path("c.nii")}, line 5, mr: ${path("d.nii")} and 1 more`,
    );
  });

  it("patterns: the case by its place in paths, patients kept together, DICOM folders too", async () => {
    const files = ["p1/s1", "p1/s2", "p2/s1", "p3/s1"].flatMap((scan) => [
      `mri/${scan}/T1_x1.nii.gz`,
      `ct/${scan.replace("/", "-")}.mha`,
    ]);
    const folder = await made("patterns", [...files, "ct/s1_of_p3.mha"]);
    const pattern = {
      mr: "MRI/<patient>/<scan>/T1_*.nii.gz",
      ct: "ct/<patient>-<scan>.mha",
      mask: "ct/<scan>_of_<patient>.mha",
    };
    const found = await casesOf(folder, { pattern });
    expect(await sources(found, files)).toEqual(
      ["p1_s1", "p1_s2", "p2_s1", "p3_s1"].map((id, n) => ({ id, mr: files[2 * n], ct: files[2 * n + 1] })),
    );
    expect(found.map(({ patient }) => patient)).toEqual(["p1", "p1", "p2", "p3"]);
    const star = await casesOf(folder, { pattern: { T1: "mri/*/s1/T1_x1.nii.gz", ct: "ct/*-s1.mha" } });
    expect(star.map(({ id, inputs }) => [id, ...Object.keys(inputs)])).toEqual(
      ["p1", "p2", "p3"].map((id) => [id, "t1"]),
    );
    await cp(`${fixtures}dicom/mr`, join(folder, "mri/p3/s1/series"), { recursive: true });
    const [dicom] = (
      await openDataset(folder, {
        pattern: { mr: "mri/*/s1/series", ct: "ct/*-s1.mha" },
        split: { train: 1, validation: 0, test: 0 },
        skipIncomplete: true,
      })
    ).train;
    expect([dicom!.id, (await dicom!.inputs.mr!.load()).meta.modality]).toEqual(["p3", "MR"]);

    const opened = (given: Record<string, string>, more: OpenDatasetOptions = {}) =>
      message(openDataset(folder, { pattern: given, ...more }));
    const whole = { mr: "mri/*/*/T1_x1.nii.gz", ct: "ct/*-s1.mha" };
    expect(await opened(whole)).toContain(
      "patterns: two files are the mr of p1: mri/p1/s1/T1_x1.nii.gz, mri/p1/s2/T1_x1.nii.gz; write words in angle",
    );
    expect(await opened({ mr: "mri/<a>/<b>", ct: "ct/<a>" })).toContain(
      "ct has other words than mr; write <a> and <b>",
    );
    expect(await opened({ mr: "mri/*.nii" })).toContain("names no ct");
    expect(await opened({ mr: "mri/*/T2.nii.gz", ct: "ct/*.mha" })).toContain(
      "patterns: the pattern of mr matched no file: mri/*/T2.nii.gz; correct it: the folder holds ",
    );
    expect(await opened({ ct: "../*.mha" })).toContain("leaves the folder");
    expect(await opened({ ct: "**/ct.mha" })).toContain("write one * for each folder");
    expect(await opened({ ct: "ct/p1-s1.mha" })).toContain("does not say what the id is");
    expect(await opened(pattern, { layout: "flat" })).toContain("leave out layout or pattern");
  });

  it("a layout of one's own", async () => {
    const folder = await made("own", ["in/a.nii", "out/a.nii"]);
    const own: DatasetLayout = {
      name: "in-and-out",
      pattern: "in/<id>.nii, out/<id>.nii",
      find: async ({ path }) => ({
        cases: ["1", "2", "3"].map((id) => ({
          id,
          where: path,
          files: new Map([
            ["mr", join(path, "in/a.nii")],
            ["ct", join(path, "out/a.nii")],
          ]),
          inputs: ["mr"],
        })),
      }),
    };
    expect((await casesOf(folder, { layout: own })).length).toBe(3);
    expect(await message(openDataset(folder, { layout: "zip" }))).toContain(
      'unknown layout "zip"; layouts are auto, pair, labels, table, nnunet, bids, flat, synthrad, dicom',
    );
  });

  it("each by its name in `train`'s layout, and nothing else", () => {
    const { layout } = TRAIN_OPTIONS;
    const names = LAYOUTS.map(({ name }) => name);
    for (const name of [...names, "auto", "pair", "labels"]) expect(layout.read(name, "layout")).toBe(name);
    for (const name of names) expect(layout.about).toContain(`${name} (`);
    expect(() => layout.read("zip", "layout")).toThrow(/one of/);
  });

  it("with links: to a case's folder, to its files", async () => {
    const elsewhere = await made("elsewhere", ["x/mr.nii", "x/ct.nii", "y.nii"]);
    const folder = await made("links", ["a/mr.nii", "a/ct.nii", "b/mr.nii"]);
    await symlink(join(elsewhere, "x"), join(folder, "c"));
    await symlink(join(elsewhere, "y.nii"), join(folder, "b/ct.nii"));
    expect((await casesOf(folder)).map(({ id }) => id)).toEqual(["a", "b", "c"]);
    await symlink(join(elsewhere, "absent.nii"), join(folder, "b/mask.nii"));
    expect(await message(openDataset(folder, { split: SPLIT }))).toContain(
      "b/mask.nii: is a link to a file that is not there",
    );
  });
});
