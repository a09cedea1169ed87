/** Folders as clinics hand them over, by the command line. Needs `npm run build` first. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readVolume } from "../src/host/node/index.ts";
import { type Changes, madeSlice } from "./support/made-dicom.ts";
import { lastJson, midashIn, refusedIn } from "./support/midash.ts";

let root = "";
const midash = (...args: readonly string[]) => midashIn(root, args);
const refused = (args: readonly string[], says: string | RegExp) => refusedIn(root, args, says);

async function put(folder: string, files: readonly (readonly [name: string, bytes: Uint8Array])[]) {
  await mkdir(join(root, folder), { recursive: true });
  for (const [name, bytes] of files) await writeFile(join(root, folder, name), bytes);
}

const slices = (changes: Changes = {}, more = 0, from = 0) =>
  [0, 1, 2, 3].map((k) => {
    const own = { SOPInstanceUID: `1.2.${from}.${k + 1}`, InstanceNumber: String(from + k + 1), ...changes };
    return [`IM${from + k}`, madeSlice(k, own, more)] as const;
  });

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "midash-cli-folders-"));
  await put("cd/PA0/ST0/SE1", slices({ SeriesDescription: "bone" }));
  await put(
    "cd/PA0/ST0/SE2",
    slices({ SeriesDescription: "brain", SeriesInstanceUID: "1.2.2", SeriesNumber: "2" }, 1000, 10),
  );
  await put("cd", [["notes.txt", new TextEncoder().encode("hello")]]);
  for (const [n, type] of ["W", "F"].entries())
    await put(
      "dixon",
      slices({ Modality: "MR", ImageType: `DERIVED\\PRIMARY\\${type}\\${type}` }, 1000 * n, 10 * n),
    );
  await put("copies", [...slices(), ["IM3 (1)", slices()[3]![1]]]);
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe("info of a folder", () => {
  it("lists patients, studies, series and other files", async () => {
    const { out, code } = await midash("info", "cd");
    expect(code).toBe(0);
    expect(out).toContain('series 1, CT, "bone", 4 files');
    expect(out).toContain("PA0/ST0/SE2/IM10\n        10 × 8 × 4");
    expect(out).toContain("left out, not DICOM: notes.txt");
    const json = lastJson(await midash("info", "cd", "--json")) as { kind: string; series: object[] };
    expect([json.kind, json.series.length]).toEqual(["folder", 2]);
    expect(lastJson(await midash("info", "cd#2", "--json"))).toMatchObject({
      kind: "volume",
      range: { max: 1379 },
    });
  });

  it("names a series' volumes and the files that are none of it", async () => {
    expect((await midash("info", "dixon")).out).toContain("1: image type DERIVED\\PRIMARY\\W\\W (water)");
    expect((await midash("info", "copies")).out).toContain("left out, a copy of copies/IM3: copies/IM3 (1)");
  });
});

describe("--series, --frame and FOLDER#SERIES", () => {
  it("choose in every command that reads volumes", async () => {
    expect(
      (await midash("classify", "cd", "classes.nii.gz", "--kind", "density", "--series", "bone")).code,
    ).toBe(0);
    const scores = await midash(
      "evaluate",
      "--prediction",
      "cd#1",
      "--reference",
      "cd#2",
      "--preset",
      "synthrad2023",
      "--json",
    );
    expect(lastJson(scores)).toMatchObject({ metrics: { mae: { value: expect.any(Number) } } });
    expect(
      (await midash("resample", "dixon", "like.nii.gz", "--like", "cd#2", "--frame", "water")).code,
    ).toBe(0);
    await midash("convert", "dixon", "water.nii.gz", "--frame", "water");
    expect(Math.max(...(await readVolume(join(root, "water.nii.gz"))).values())).toBe(379);
    await midash("convert", "cd#brain", "brain.nii.gz");
    expect(Math.max(...(await readVolume(join(root, "brain.nii.gz"))).values())).toBe(1379);
  });

  it("are asked for with what there is to choose from", async () => {
    await refused(
      ["convert", "dixon", "o.nii.gz"],
      /holds 2 volumes: 0: image type .*\(fat\); 1: .*\(water\).*--frame/,
    );
    await refused(["convert", "dixon", "o.nii.gz", "--frame", "2"], /has no frame 2/);
    await refused(["convert", "dixon", "o.nii.gz", "--frame", "T2"], /no volume "T2"/);
    await refused(
      ["evaluate", "--prediction", "cd", "--reference", "cd#2", "--preset", "synthrad2023"],
      /2 series: .*"bone".*--series/,
    );
    await refused(["convert", "water.nii.gz", "o.nii.gz", "--series", "1"], /is for DICOM, and no input is/);
    await refused(["convert", "cd#2", "o.nii.gz", "--frame", "water"], /no file given is 4-D/);
  });

  it("say what was left out", async () => {
    const { out, code } = await midash("convert", "copies", "once.nii.gz");
    expect([code, out]).toEqual([
      0,
      expect.stringContaining("Warning: copies: left out copies/IM3 (1): a copy of copies/IM3"),
    ]);
  });
});
