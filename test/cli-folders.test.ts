/** Folders as clinics hand them over, by the command line. Needs `npm run build` first. */
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
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

describe("info of a folder with files that can't be read", () => {
  const nifti = new Uint8Array(352); // a header, which is what a listing looks at
  nifti.set([348 % 256, 1]);
  nifti.set(new TextEncoder().encode("n+1"), 344);
  const packed = gzipSync(nifti);
  const whole = madeSlice(9, { SOPInstanceUID: "1.2.9", InstanceNumber: "9" });
  // What each is called in the folder, its bytes, and what is said of it.
  const damaged: readonly (readonly [name: string, bytes: Uint8Array, says: RegExp])[] = [
    ["within-header.dcm", whole.slice(0, 300), /the file ends within its header/],
    ["within-pixels.dcm", whole.slice(0, -60), /truncated/],
    ["no-dicom.dcm", new TextEncoder().encode("hello"), /named \.dcm, but it is no DICOM file/],
    ["empty.dcm", new Uint8Array(0), /is empty/],
    ["cut.nii.gz", packed.subarray(0, 24), /truncated|ends|damaged/],
    ["broken.nii.gz", packed.map((byte, n) => (n > 12 && n < 40 ? 255 - byte : byte)), /damaged/],
    ["slice.dcm.gz", gzipSync(whole).subarray(0, 200), /truncated|ends|damaged/],
  ];

  it.each(damaged)("lists everything else, and names %s", async (name, bytes, says) => {
    const folder = `damaged-${name}`;
    await put(folder, [...slices(), ["brain.nii", nifti], [name, bytes]]);
    const { code, out, err } = await midash("info", folder);
    expect([code, out]).toEqual([
      2,
      expect.stringMatching(new RegExp(`can't be read: ${name}: .*${says.source}`)),
    ]);
    expect(out).toContain("brain.nii: nifti");
    expect(err).toMatch(/1 file can't be read; get the file again, or remove it/);
    const json = lastJson(await midash("info", folder, "--json"));
    expect(json).toMatchObject({
      kind: "folder",
      volumes: [{ file: "brain.nii" }],
      unreadable: [{ file: name, why: expect.stringMatching(says) }],
    });
  });

  it("names all of them, and leaves the other series as they are", async () => {
    await put("many", [...slices(), ...damaged.map(([name, bytes]) => [name, bytes] as const)]);
    await put("many/below", slices({ SeriesInstanceUID: "1.2.2", SeriesNumber: "2" }, 0, 20));
    const json = lastJson(await midash("info", "many", "--json")) as {
      series: { number: number; volumes: object[] }[];
      unreadable: { file: string }[];
    };
    expect(json.unreadable.map(({ file }) => file).sort()).toEqual(damaged.map(([name]) => name).sort());
    expect(json.series.find(({ number }) => number === 2)?.volumes).toEqual([
      { shape: [10, 8, 4], label: "" },
    ]);
  });

  it.skipIf(!existsSync("/proc/self/mem"))(
    "says of a file that the system does not read what it says",
    async () => {
      await put("locked", slices());
      await symlink("/proc/self/mem", join(root, "locked", "IM9"));
      const { code, out } = await midash("info", "locked");
      expect([code, out]).toEqual([2, expect.stringMatching(/can't be read: IM9: can't read it \(EIO\)/)]);
      expect(out).toContain("10 × 8 × 4");
    },
  );

  it.skipIf(process.getuid?.() === 0)("names files and folders without permission", async () => {
    await put("forbidden", [...slices(), ["IM9", whole]]);
    await put("forbidden/below", slices());
    await chmod(join(root, "forbidden/IM9"), 0);
    await chmod(join(root, "forbidden/below"), 0);
    const { code, out } = await midash("info", "forbidden");
    await chmod(join(root, "forbidden/below"), 0o700);
    expect([code, out]).toEqual([2, expect.stringContaining("can't be read: IM9: permission denied")]);
    expect(out).toContain("can't be looked into: permission denied: below");
  });

  it("is refused by convert, which names the first", async () => {
    await refused(["convert", "many", "o.nii.gz", "--series", "2"], /many\/[a-z-]+\.dcm/);
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
