/** Masks as clinics have them, as a user gives them. Needs `npm run build` first. */
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeVolume } from "../src/host/node/index.ts";
import { resample, Volume } from "../src/index.ts";
import { lastJson, midashIn, refusedIn } from "./support/midash.ts";

const fixtures = fileURLToPath(new URL("./fixtures/structures/", import.meta.url));
let root = "";
let runs: readonly number[] = [];
const midash = (...args: readonly string[]) => midashIn(root, args);

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "midash-cli-masks-"));
  const expected = JSON.parse(await readFile(`${fixtures}expected.json`, "utf8"));
  const { shape, affine } = expected["axial.dcm"].grid;
  runs = expected["axial.dcm"].masks.Ring;
  const data = Int16Array.from({ length: shape[0] * shape[1] * shape[2] }, (_, i) => (i * 37) % 1000);
  const ct = new Volume({ shape, affine, data, unit: "HU" });
  await writeVolume(join(root, "ct.nii.gz"), ct);
  await writeVolume(join(root, "sct.nii.gz"), ct.with({ data: data.map((v) => v + 5) }));
  await writeVolume(join(root, "half.nii.gz"), resample(ct, { spacing: [2.4, 2.2, 5] }));
  await writeVolume(
    join(root, "labels.nii.gz"),
    new Volume({ shape, affine, data: Uint8Array.from(data, (v) => v % 3) }),
  );
  for (const file of ["axial.dcm", "binary.dcm"]) await copyFile(fixtures + file, join(root, file));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe("--mask", () => {
  it("takes a structure of an RTSTRUCT: its voxels count, and no others", async () => {
    const ran = await midash(
      "evaluate",
      "--prediction",
      "sct.nii.gz",
      "--reference",
      "ct.nii.gz",
      "--preset",
      "synthrad2023",
      "--mask",
      "Ring@axial.dcm",
      "--json",
    );
    expect(ran.code).toBe(0);
    expect(JSON.stringify(lastJson(ran).metrics)).toContain(
      `"voxels":${runs.reduce((sum, n, at) => sum + (at % 2) * n, 0)}`,
    );
  });

  it("takes a segment on another grid, and says so; and a label", async () => {
    const seg = await midash(
      "classify",
      "half.nii.gz",
      "out.nii.gz",
      "--kind",
      "density",
      "--mask",
      "Big@binary.dcm",
    );
    expect([seg.code, seg.out]).toEqual([
      0,
      expect.stringContaining("Big@binary.dcm: the segment is on another grid"),
    ]);
    const label = await midash(
      "classify",
      "ct.nii.gz",
      "out2.nii.gz",
      "--kind",
      "density",
      "--mask",
      "2@labels.nii.gz",
    );
    expect(label.code).toBe(0);
  });

  it("lists the structures where none or another is named", async () => {
    const args = ["classify", "ct.nii.gz", "o.nii.gz", "--kind", "density", "--mask"];
    await refusedIn(
      root,
      [...args, "binary.dcm"],
      /holds 2 structures: Big \(1\), Small \(2\); choose one by NAME@FILE/,
    );
    await refusedIn(
      root,
      [...args, "Heart@binary.dcm"],
      /no structure "Heart"; there are: Big \(1\), Small \(2\)/,
    );
  });
});
