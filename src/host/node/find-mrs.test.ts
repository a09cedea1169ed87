import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { madeSlice } from "../../../test/support/made-dicom.ts";
import { type FindMrsOptions, findMrs } from "./index.ts";

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "midash-find-mrs-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A folder of files: DICOM where they end so (of this modality), else empty ones, for names alone are looked at. */
async function folder(name: string, files: readonly string[]): Promise<string> {
  for (const [n, file] of files.entries()) {
    const path = join(root, name, file);
    await mkdir(dirname(path), { recursive: true });
    const modality = /ct/i.test(file) ? "CT" : "MR";
    const changes = { Modality: modality, SeriesInstanceUID: `1.2.${n + 1}` };
    await writeFile(path, file.endsWith(".dcm") ? madeSlice(0, changes) : "");
  }
  return join(root, name);
}

const slashes = (path: string) => path.replaceAll("\\", "/");

async function found(name: string, files: readonly string[]) {
  const path = await folder(name, files);
  return (await findMrs(path)).map((one) => [
    one.id,
    Object.fromEntries(one.inputs.map((input) => [input, slashes(relative(path, one.files.get(input)!))])),
  ]);
}

it.each([
  [
    "case folders, with or without a CT",
    ["b/mr.nii.gz", "a/mr.mha", "a/ct.mha", "c/ct.mha"],
    [
      ["a", { mr: "a/mr.mha" }],
      ["b", { mr: "b/mr.nii.gz" }],
    ],
  ],
  [
    "several MR of a case",
    ["a/t1.nii", "a/t2.nii", "a/tissue.nii"],
    [["a", { t1: "a/t1.nii", t2: "a/t2.nii" }]],
  ],
  [
    "a case's own folder",
    ["mr.nii.gz", "ct.nii.gz"],
    [[expect.stringMatching(/^case 2$/), { mr: "mr.nii.gz" }]],
  ],
  [
    "flat files that say what they are",
    ["a_mr.nii.gz", "a_ct.nii.gz", "b_mr.nii.gz"],
    [
      ["a", { mr: "a_mr.nii.gz" }],
      ["b", { mr: "b_mr.nii.gz" }],
    ],
  ],
  [
    "flat files that say nothing, beside earlier results",
    ["x.nii.gz", "y.nrrd", "x_sct.nii.gz", "notes.txt"],
    [
      ["x", { mr: "x.nii.gz" }],
      ["y", { mr: "y.nrrd" }],
    ],
  ],
  [
    "BIDS without CT",
    ["sub-1/anat/sub-1_T1w.nii.gz", "sub-2/anat/sub-2_T1w.nii.gz"],
    [
      ["sub-1", { t1: "sub-1/anat/sub-1_T1w.nii.gz" }],
      ["sub-2", { t1: "sub-2/anat/sub-2_T1w.nii.gz" }],
    ],
  ],
  [
    "a folder of DICOM files each; of CTs none",
    ["a/1.dcm", "b/1.dcm", "ct/1.dcm"],
    [
      ["a", { mr: "a" }],
      ["b", { mr: "b" }],
    ],
  ],
  [
    "a folder a patient with folders of DICOM",
    ["a/mr/1.dcm", "a/ct/1.dcm", "b/mr/1.dcm"],
    [
      ["a", { mr: "a/mr" }],
      ["b", { mr: "b/mr" }],
    ],
  ],
  ["one DICOM series: one image", ["1.dcm", "2.dcm"], []],
  ["the only series below: one image", ["patient/series/1.dcm"], []],
  ["the only folder of DICOM: one image", ["series/1.dcm"], []],
  ["nothing", ["notes.txt"], []],
] as const)("finds %s", async (title, files, cases) => {
  const n = title.startsWith("a case's own") ? 2 : title;
  expect(await found(`case ${n}`, files)).toEqual(cases);
});

it("gives masks of another folder, and only those", async () => {
  const data = await folder("with masks", ["a/mr.nii.gz", "a/mask.nii.gz", "b/mr.nii.gz"]);
  const masks = await folder("masks", ["b_mask.nii.gz", "c_mask.nii.gz"]);
  const cases = await findMrs(data, { masks });
  expect(cases.map(({ id, files }) => [id, files.get("mask")])).toEqual([
    ["a", undefined],
    ["b", join(masks, "b_mask.nii.gz")],
  ]);
});

it("finds a table's cases, those of one part, and files by a pattern, with or without CTs", async () => {
  const data = await folder("table", ["a.nii", "deep/a/T1.nii", "deep/b/T1.nii"]);
  const csv = join(data, "cases.csv");
  const rows = ["1,p,a.nii,absent.nii,test", "2,q,a.nii,,train", "3,p,a.nii,,", "4,r,a.nii,,val"];
  await writeFile(csv, ["no,patient,mri,ct,split", ...rows].join("\n"));
  const columns = { id: "no", mr: "mri" };
  const ids = async (options: FindMrsOptions = {}) =>
    (await findMrs(csv, { columns, ...options })).map(({ id }) => id).join("");
  expect(await ids()).toBe("1234");
  expect([await ids({ part: "test" }), await ids({ part: "train" })]).toEqual(["1", "2"]);
  const split = { test: ["p"], validation: ["4"] };
  expect([await ids({ part: "test", split }), await ids({ part: "train", split })]).toEqual(["13", "2"]);
  await writeFile(join(data, "split.csv"), "id,split\n4,test\n");
  expect(await ids({ part: "test", split: join(data, "split.csv") })).toBe("4");
  await expect(ids({ part: "validation", split: { test: ["1"] } })).rejects.toThrow(
    "none of 4 cases is in the part validation",
  );
  const pattern = { mr: "<id>/T1.nii", ct: "<id>/CT.nii" };
  expect((await findMrs(join(data, "deep"), { pattern })).map(({ id }) => id)).toEqual(["a", "b"]);
  await expect(findMrs(join(data, "deep"), { pattern, part: "test" })).rejects.toThrow("no split to be");
  await expect(findMrs(join(data, "deep"), { pattern: { mr: "<id>/T2.nii" } })).rejects.toThrow(
    "the pattern of mr matched no file: <id>/T2.nii",
  );
});

it("refuses what is not there", async () => {
  await expect(findMrs(join(root, "absent"))).rejects.toThrow("no such folder");
});
