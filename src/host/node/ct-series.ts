import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { assert, fail, MidashError, throwIfAborted } from "../../base/errors/index.ts";
import { type CtSeriesOptions, dicom, encodeCtSeries } from "../../imaging/formats/dicom/index.ts";
import type { Volume } from "../../imaging/volume/index.ts";
import { fileError, syncFolder, writeFileAtomic } from "./files.ts";
import { readFormatFiles } from "./volume-folder.ts";

/** Options of {@link writeCtSeries}: those of `encodeCtSeries`, with a path as the source. */
export interface WriteCtSeriesOptions extends Omit<CtSeriesOptions, "source"> {
  /** The folder of the MR series that the synthetic CT was made of. */
  readonly source: string;
}

/**
 * Writes a synthetic CT as a DICOM series, one file a slice, into a new or an empty folder: all of it or nothing. The files are written into a
 * temporary folder beside it, which is then renamed.
 *
 * @example
 * await writeCtSeries("sct/", sct, { source: "mr/", model: "unet, brain, 2026-03" });
 *
 * @returns the names of the files
 * @throws MidashError `invalid-argument` when the folder is not empty, `not-found`, `io`, what `encodeCtSeries` throws, or `aborted`
 */
export async function writeCtSeries(
  folder: string,
  sct: Volume,
  options: WriteCtSeriesOptions,
): Promise<readonly string[]> {
  const where = { call: "writeCtSeries" };
  assert(typeof folder === "string" && folder !== "", "folder must be a non-empty string", { where });
  assert(
    typeof options?.source === "string" && options.source !== "",
    "options.source must be the folder of the MR series",
    { where },
  );
  const { signal } = options;
  const target = resolve(folder);
  await assertEmpty(target, folder);
  const found = await readFormatFiles(options.source, [dicom], { signal });
  const files = await encodeCtSeries(sct, { ...options, source: found.files });
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`);
  try {
    await mkdir(temporary);
    for (const [name, bytes] of files) await writeFileAtomic(join(temporary, name), bytes, { signal });
    throwIfAborted(signal);
    // Only an empty folder can be removed, so what came into it meanwhile is not lost.
    await rmdir(target).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== "ENOENT") throw cause;
    });
    await rename(temporary, target);
    await syncFolder(dirname(target));
  } catch (cause) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throwIfAborted(signal);
    throw MidashError.is(cause) ? cause : fileError(cause, folder, "write");
  }
  return [...files.keys()];
}

async function assertEmpty(target: string, folder: string): Promise<void> {
  const names = await readdir(target).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return [];
    if (cause.code === "ENOTDIR")
      return fail("io", "is a file, not a folder", { where: folder, hint: "give a new folder" });
    throw fileError(cause, folder, "write");
  });
  assert(names.length === 0, `the folder holds ${names.length} entries`, {
    where: folder,
    hint: "give a new or an empty one",
  });
}
