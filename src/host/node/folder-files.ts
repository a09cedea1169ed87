import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { fail, MidashError, throwIfAborted } from "../../base/errors/index.ts";
import type { LeftOut } from "../../imaging/formats/index.ts";
import { fileError, isTemporary } from "./files.ts";

/** A folder of more files than this is no series. */
const MAX_FILES = 100_000;

/** Folders below a folder that are looked into: a patient's disc has three or four. */
const DEPTH = 8;

/** What systems leave in folders: of macOS on other disks, of Windows, of version control and half-written files. */
const LITTER =
  /^(\._.*|\.DS_Store|\.Spotlight-V100|\.Trashes|\.fseventsd|__MACOSX|Thumbs\.db|desktop\.ini|\.git.*)$/i;

/** The files of a folder, and what in it could not be followed. */
export interface FolderFiles {
  /** By path. */
  readonly files: readonly string[];
  readonly folders: readonly string[];
  readonly leftOut: readonly LeftOut[];
}

/**
 * The plain files and the folders in a folder, links followed, without what systems leave there.
 *
 * @throws MidashError `not-found`, `io`, or `limit` for more than 100,000 files
 */
export async function folderFiles(path: string): Promise<FolderFiles> {
  const entries = await readdir(path, { withFileTypes: true }).catch((cause) => {
    throw fileError(cause, path, "read");
  });
  const [files, folders, leftOut]: [string[], string[], LeftOut[]] = [[], [], []];
  const inside = join(path, "x").slice(0, -1);
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (LITTER.test(entry.name) || isTemporary(entry.name)) continue;
    const file = inside + entry.name;
    const kind = entry.isFile() ? "file" : await kindOf(entry, file);
    if (kind === "file") files.push(file);
    else if (kind === "folder") folders.push(file);
    else leftOut.push({ file, why: kind, doubtful: entry.isSymbolicLink() });
  }
  if (files.length > MAX_FILES)
    fail("limit", `holds ${files.length} files, the limit is ${MAX_FILES}`, {
      where: path,
      hint: "give a folder of one series",
    });
  return { files, folders, leftOut };
}

/**
 * The files in a folder and in those below it, eight levels deep. A folder that links lead back to is looked into once.
 *
 * @throws MidashError as {@link folderFiles}, `invalid-file` where there is none at all, or `aborted`
 */
export async function treeFiles(path: string, signal?: AbortSignal): Promise<Omit<FolderFiles, "folders">> {
  const [files, leftOut]: [string[], LeftOut[]] = [[], []];
  const seen = new Set<string>();
  const walk = async (folder: string, depth: number): Promise<void> => {
    throwIfAborted(signal);
    const real = await realpath(folder);
    if (seen.has(real)) return;
    seen.add(real);
    const found = await folderFiles(folder);
    files.push(...found.files);
    leftOut.push(...found.leftOut);
    if (files.length > MAX_FILES)
      fail("limit", `holds more than ${MAX_FILES} files`, {
        where: path,
        hint: "give a folder further down",
      });
    for (const below of found.folders)
      if (depth < DEPTH)
        await walk(below, depth + 1).catch((error) => {
          if (!MidashError.is(error) || error.kind !== "io") throw error;
          leftOut.push({ file: below, why: `can't be looked into: ${error.what}`, doubtful: true });
        });
      else leftOut.push({ file: below, why: `is more than ${DEPTH} folders down`, doubtful: false });
  };
  await walk(path, 0);
  if (files.length + leftOut.length === 0)
    fail("invalid-file", "the folder is empty", { where: path, hint: "check that this is the right folder" });
  return { files, leftOut };
}

/** Of what is no plain file: "file", "folder", or why it is neither. */
async function kindOf(entry: Dirent, path: string): Promise<string> {
  if (entry.isDirectory()) return "folder";
  if (!entry.isSymbolicLink()) return "is no plain file";
  try {
    const target = await stat(path);
    return target.isFile() ? "file" : target.isDirectory() ? "folder" : "is a link to what is no plain file";
  } catch (cause) {
    const loop = (cause as NodeJS.ErrnoException).code === "ELOOP";
    return loop ? "is a link that leads back to itself" : "is a link to a file that is not there";
  }
}
