import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { errorOf } from "../../../test/support/error-of.ts";
import { fileError, readFileBytes, writeFileAtomic } from "./files.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "midash-files-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("readFileBytes", () => {
  it("reads", async () => {
    await writeFile(join(folder, "a"), "abc");
    expect(await readFileBytes(join(folder, "a"))).toEqual(Uint8Array.of(97, 98, 99));
  });

  it("tells what is wrong with a path", async () => {
    await writeFile(join(folder, "a"), "abc");
    const absent = join(folder, "absent.nii");
    expect((await errorOf(readFileBytes(absent))).message).toBe(`${absent}: no such file; check the path`);
    expect((await errorOf(readFileBytes(absent))).kind).toBe("not-found");
    const below = await errorOf(readFileBytes(join(folder, "a", "b")));
    expect([below.kind, below.message]).toEqual(["not-found", expect.stringContaining("not a folder")]);
    const directory = await errorOf(readFileBytes(folder));
    expect([directory.kind, directory.message]).toEqual([
      "io",
      `${folder}: is a folder, not a file; give the path of a file`,
    ]);
  });

  it("stops when the signal has fired", async () => {
    const error = await errorOf(readFileBytes(join(folder, "a"), { signal: AbortSignal.abort() }));
    expect(error.kind).toBe("aborted");
  });
});

describe("writeFileAtomic", () => {
  it("writes, replaces, and leaves nothing else", async () => {
    const path = join(folder, "a");
    await writeFileAtomic(path, Uint8Array.of(1));
    await writeFileAtomic(path, Uint8Array.of(2, 3));
    expect([...(await readFile(path))]).toEqual([2, 3]);
    expect(await readdir(folder)).toEqual(["a"]);
  });

  it("replaces what a link points to", async () => {
    await writeFile(join(folder, "real"), "old");
    await symlink(join(folder, "real"), join(folder, "link"));
    await writeFileAtomic(join(folder, "link"), Uint8Array.of(110));
    expect(await readFile(join(folder, "real"), "utf8")).toBe("n");
  });

  it("tells what is wrong with a path, and leaves nothing", async () => {
    const bytes = Uint8Array.of(1);
    const absent = await errorOf(writeFileAtomic(join(folder, "no", "a"), bytes));
    expect([absent.kind, absent.message]).toEqual([
      "not-found",
      `${join(folder, "no", "a")}: the folder does not exist; create it first`,
    ]);
    await mkdir(join(folder, "sub"));
    expect((await errorOf(writeFileAtomic(join(folder, "sub"), bytes))).message).toContain("is a folder");
    await writeFile(join(folder, "file"), "");
    const below = await errorOf(writeFileAtomic(join(folder, "file", "a"), bytes));
    expect([below.kind, below.where]).toEqual(["not-found", join(folder, "file", "a")]);
    expect((await readdir(folder)).sort()).toEqual(["file", "sub"]);
  });

  it.skipIf(process.platform !== "linux" || process.getuid?.() !== 0)(
    "does not call a folder absent that takes no files (root only: others lack the permission)",
    async () => {
      const error = await errorOf(writeFileAtomic("/proc/o.nii", Uint8Array.of(1)));
      expect([error.kind, error.message]).toEqual([
        "io",
        "/proc/o.nii: can't be created in this folder; write elsewhere",
      ]);
    },
  );

  it.skipIf(process.platform === "win32")("spares devices", async () => {
    const error = await errorOf(writeFileAtomic("/dev/null", Uint8Array.of(1)));
    expect([error.kind, error.message]).toEqual(["io", expect.stringContaining("not a plain file")]);
  });

  it.skipIf(process.platform === "win32" || process.getuid?.() === 0)(
    "tells of a lack of permission (skipped for root, whom nothing is denied, and on Windows)",
    async () => {
      await chmod(folder, 0o500);
      const error = await errorOf(writeFileAtomic(join(folder, "a"), Uint8Array.of(1)));
      await chmod(folder, 0o700);
      expect([error.kind, error.message]).toEqual(["io", expect.stringContaining("permission denied")]);
    },
  );

  it("leaves the old file and no other when cancelled", async () => {
    const path = join(folder, "a");
    await writeFile(path, "old");
    const controller = new AbortController();
    const writing = errorOf(writeFileAtomic(path, new Uint8Array(5_000_000), { signal: controller.signal }));
    setImmediate(() => controller.abort());
    expect((await writing).kind).toBe("aborted");
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(["a"]);
  });
});

describe("fileError", () => {
  const made = (code: string) =>
    fileError(Object.assign(new Error("message of node"), { code }), "sct.nii", "write");

  it("knows what can't be provoked here", () => {
    expect([made("ENOSPC").kind, made("ENOSPC").message]).toEqual([
      "io",
      "sct.nii: the disk is full; free some space",
    ]);
    expect(made("EACCES").message).toBe("sct.nii: permission denied; check who may read and write it");
    expect(made("ERR_FS_FILE_TOO_LARGE").kind).toBe("limit");
    expect(made("EWEIRD").message).toBe(
      "sct.nii: can't write it (EWEIRD); write elsewhere, or check the disk",
    );
    expect(made("EFBIG").message).toMatch(/^sct\.nii: larger than .*; write elsewhere, or raise it/);
  });
});
