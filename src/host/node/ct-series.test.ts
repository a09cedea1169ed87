import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { errorOf } from "../../../test/support/error-of.ts";
import { dicom } from "../../imaging/formats/dicom/index.ts";
import { nifti } from "../../imaging/formats/index.ts";
import { sameGrid } from "../../imaging/volume/index.ts";
import { writeCtSeries } from "./ct-series.ts";
import { readVolume, writeVolume } from "./volumes.ts";

const fixtures = fileURLToPath(new URL("../../../test/fixtures/dicom/", import.meta.url));
const formats = [nifti, dicom];
const root = await mkdtemp(join(tmpdir(), "midash-series-"));
afterAll(() => rm(root, { recursive: true, force: true }));

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(root, "t-"));
});

describe("readVolume of a folder", () => {
  it("reads the series in it, and of other files no more than their heads", async () => {
    const mr = await readVolume(join(fixtures, "mr"), { formats });
    expect([mr.shape, mr.unit]).toEqual([[9, 7, 5], "arbitrary"]);
    const path = join(folder, "mr");
    await cp(join(fixtures, "mr"), path, { recursive: true });
    await mkdir(join(path, "below"));
    await cp(join(fixtures, "missing"), join(path, "below"), { recursive: true });
    await writeFile(join(path, "large.txt"), new Uint8Array(1_000_000));
    // What is not DICOM does not count, so it can't have been read whole.
    expect((await readVolume(path, { formats, maxFolderBytes: 10_000 })).data).toEqual(mr.data);
    expect((await errorOf(readVolume(path, { formats, maxFolderBytes: 5_000 }))).kind).toBe("limit");
    expect((await readVolume(path, { formats, unit: "unknown", simulated: true })).simulated).toBe(true);
  });

  it("picks a series", async () => {
    const path = join(fixtures, "two-series");
    expect((await readVolume(path, { formats, series: "T1 b" })).shape[2]).toBe(3);
    expect((await errorOf(readVolume(path, { formats }))).message).toContain("2 series");
  });

  it("tells a folder that it can't read", async () => {
    for (const [path, options, kind, says] of [
      [join(fixtures, "mr"), { formats: [nifti] }, "unsupported", "formats: [dicom]"],
      [folder, { formats }, "invalid-file", "the folder is empty"],
      [join(folder, "absent"), { formats }, "not-found", "no such file"],
    ] as const) {
      const error = await errorOf(readVolume(path, options));
      expect([error.kind, error.where]).toEqual([kind, path]);
      expect(error.message).toContain(says);
    }
    await cp(join(fixtures, "mr"), folder, { recursive: true });
    await writeFile(join(folder, "c.dcm"), new Uint8Array(10)); // by its name a slice, so its loss is no secret
    const error = await errorOf(readVolume(folder, { formats }));
    expect([error.kind, error.where]).toEqual(["invalid-file", join(folder, "c.dcm")]);
  });
});

describe("writeCtSeries", () => {
  const source = join(fixtures, "mr");
  const sct = readVolume(source, { formats }).then((mr) =>
    mr.with({ unit: "HU", data: Int16Array.from(mr.data, (v) => v - 1000) }),
  );

  it("writes a folder that readVolume reads", async () => {
    await mkdir(join(folder, "empty"));
    for (const name of ["new", "empty"]) {
      const path = join(folder, name);
      const names = await writeCtSeries(path, await sct, { source, model: "unet" });
      expect(await readdir(path)).toEqual(names);
      const read = await readVolume(path, { formats });
      expect(read.data).toEqual((await sct).data);
      expect(sameGrid(read, await sct)).toBe(true);
    }
    expect((await readdir(folder)).sort()).toEqual(["empty", "new"]);
  });

  it("never touches a folder that holds something, and leaves nothing behind", async () => {
    const path = join(folder, "full");
    await mkdir(path);
    await writeFile(join(path, "note.txt"), "keep");
    const file = join(folder, "file.nii");
    await writeVolume(file, await sct);
    const signal = AbortSignal.abort();
    for (const [target, options, kind] of [
      [path, {}, "invalid-argument"],
      [file, {}, "io"],
      [join(folder, "a/b"), {}, "not-found"],
      [join(folder, "new"), { source: folder }, "invalid-file"],
      [join(folder, "new"), { source: join(folder, "absent") }, "not-found"],
      [join(folder, "new"), { signal }, "aborted"],
      [join(folder, "new"), { source: "" }, "invalid-argument"],
    ] as const)
      expect((await errorOf(writeCtSeries(target, await sct, { source, ...options }))).kind, target).toBe(
        kind,
      );
    expect((await readdir(folder)).sort()).toEqual(["file.nii", "full"]);
    expect(await readFile(join(path, "note.txt"), "utf8")).toBe("keep");
  });
});
