import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { errorOf } from "../../../test/support/error-of.ts";
import { madeSeries } from "../../../test/support/made-dicom.ts";
import { encodeVolume } from "../../imaging/formats/index.ts";
import { Volume } from "../../imaging/volume/index.ts";
import { listFolder, readVolume } from "./index.ts";

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "midash-folder-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function put(folder: string, files: readonly { name: string; bytes: Uint8Array }[]): Promise<string> {
  const path = join(root, folder);
  await mkdir(path, { recursive: true });
  for (const { name, bytes } of files) await writeFile(join(path, name), bytes);
  return path;
}

const facts = async (path: string, options = {}) => {
  const volume = await readVolume(path, options);
  return [...volume.shape, Math.max(...volume.values())];
};

// Right values of links: dcm2niix 1.0.20260724 and SimpleITK 2.5.7 follow them.
describe("a folder of slices", () => {
  it("is read with those that are links to files", async () => {
    const slices = madeSeries(6);
    const elsewhere = await put("elsewhere", slices.slice(4));
    const path = await put("series", slices.slice(0, 4));
    for (const { name } of slices.slice(4)) await symlink(join(elsewhere, name), join(path, name));
    expect(await facts(path)).toEqual([10, 8, 6, 579]);
    const all = await put("all", []);
    for (const { name } of slices)
      await symlink(
        join(slices.indexOf(slices.find((one) => one.name === name)!) < 4 ? path : elsewhere, name),
        join(all, name),
      );
    expect(await facts(all)).toEqual([10, 8, 6, 579]);
  });

  it("is read through a link to it", async () => {
    const path = await put("series", madeSeries(4));
    await symlink(path, join(root, "link"));
    expect(await facts(join(root, "link"))).toEqual([10, 8, 4, 379]);
  });

  it("is refused with a link to nothing, or to itself", async () => {
    const path = await put("series", madeSeries(4));
    await symlink(join(root, "absent"), join(path, "IM4.dcm"));
    const error = await errorOf(readVolume(path));
    expect([error.kind, error.where]).toEqual(["invalid-file", join(path, "IM4.dcm")]);
    expect(error.message).toContain("a link to a file that is not there");
    await rm(join(path, "IM4.dcm"));
    await symlink(join(path, "IM4.dcm"), join(path, "IM4.dcm"));
    expect((await errorOf(readVolume(path))).message).toContain("leads back to itself");
  });

  it("is read past what systems leave in it, without a word", async () => {
    const litter = ["._IM0.dcm", ".DS_Store", "Thumbs.db", "desktop.ini", ".gitignore"];
    const path = await put("series", [
      ...madeSeries(4),
      ...litter.map((name) => ({ name, bytes: new Uint8Array(20) })),
    ]);
    await put("series/__MACOSX", [{ name: "._IM1.dcm", bytes: new Uint8Array(20) }]);
    expect(await facts(path)).toEqual([10, 8, 4, 379]);
    expect((await readVolume(path)).meta.leftOut).toBeUndefined();
    expect((await listFolder(path)).others).toEqual([]);
  });
});

describe("a tree of folders", () => {
  const second = (name: string) =>
    madeSeries(3, {
      name: (k) => `${name}${k}`,
      changes: () => ({ SeriesInstanceUID: "1.2.2", SeriesNumber: "2" }),
    });

  it("is searched when the folder itself holds no volume", async () => {
    await put("cd/DICOM/PA0/SE1", madeSeries(4, { name: (k) => `IM${k}` }));
    await put("cd", [{ name: "AUTORUN.INF", bytes: new Uint8Array(9) }]);
    expect(await facts(join(root, "cd"))).toEqual([10, 8, 4, 379]);
    await put("cd/DICOM/PA0/SE2", second("IM"));
    expect((await errorOf(readVolume(join(root, "cd")))).message).toContain("2 series");
    expect(await facts(join(root, "cd"), { series: "2" })).toEqual([10, 8, 3, 279]);
  });

  it("gives a series that lies in several folders, a slice in each", async () => {
    for (const slice of madeSeries(4)) await put(`cd/${slice.name}-folder`, [slice]);
    expect(await facts(join(root, "cd"))).toEqual([10, 8, 4, 379]);
  });

  it("is walked once where links lead back", async () => {
    const path = await put("cd/a", madeSeries(4));
    await symlink(join(root, "cd"), join(path, "up"));
    expect(await facts(join(root, "cd"))).toEqual([10, 8, 4, 379]);
    expect((await listFolder(join(root, "cd"))).series.map(({ files }) => files)).toEqual([4]);
  });

  it("is listed: series, files of other formats, and what else there is", async () => {
    await put("cd/SE1", madeSeries(4));
    await put("cd/SE2", second("x"));
    const volume = new Volume({ shape: [2, 2, 2], data: new Uint8Array(8) });
    await put("cd/nifti", [
      { name: "mr.nii.gz", bytes: await encodeVolume(volume, { format: "nifti", gzip: true }) },
      { name: "labels.mha", bytes: await encodeVolume(volume, { format: "metaimage" }) },
      { name: "readme.txt", bytes: new TextEncoder().encode("nothing here") },
    ]);
    const { series, volumes, others } = await listFolder(join(root, "cd"));
    expect(series.map(({ number, first, volumes: of }) => [number, first, of[0]!.shape])).toEqual([
      [1, join("SE1", "IM0.dcm"), [10, 8, 4]],
      [2, join("SE2", "x0"), [10, 8, 3]],
    ]);
    expect(volumes).toEqual([
      { file: join("nifti", "labels.mha"), format: "metaimage" },
      { file: join("nifti", "mr.nii.gz"), format: "nifti" },
    ]);
    expect(others).toEqual([{ file: join("nifti", "readme.txt"), why: "is not DICOM", doubtful: false }]);
  });
});
