import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { assert, MidashError } from "../errors/index.ts";
import type { RunStore } from "../training/index.ts";
import { fileError, readFileBytes, writeFileAtomic } from "./files.ts";

/**
 * A run's checkpoints as files of one folder. The folder is made by the first `write`; a file is written whole or not
 * at all, so a crash leaves the checkpoint before it.
 *
 * @example
 * const trainer = new Trainer({ model, backend, store: fileRunStore("runs/brain-1") });
 *
 * Its methods throw MidashError: `invalid-argument` for a name that is a path, `io` or `not-found` for what the file
 * system refuses. `list` leaves out folders and hidden files.
 */
export function fileRunStore(folder: string): RunStore {
  assert(
    typeof folder === "string" && folder !== "",
    "the folder must be a non-empty string",
    "fileRunStore",
  );
  const pathOf = (name: string) => {
    assert(
      name !== "" && name === basename(name) && !/^\.{1,2}$|[\\/\0]/.test(name),
      `"${name}" is no plain file name`,
      folder,
      "names of a run's files hold no path",
    );
    return join(folder, name);
  };
  return {
    async write(name, bytes) {
      const path = pathOf(name);
      await makeFolder(folder);
      await writeFileAtomic(path, bytes);
    },
    async read(name) {
      try {
        return await readFileBytes(pathOf(name));
      } catch (error) {
        if (isAbsent(error)) return undefined;
        throw error;
      }
    },
    async list() {
      try {
        const entries = await readdir(folder, { withFileTypes: true });
        return entries
          .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
          .map((entry) => entry.name)
          .sort();
      } catch (cause) {
        const { code } = cause as NodeJS.ErrnoException;
        if (code === "ENOENT") return [];
        if (code === "ENOTDIR")
          throw new MidashError("io", "is no folder: it, or a part of its path, is a file", {
            where: folder,
            hint: "choose another folder",
            cause,
          });
        throw fileError(cause, folder, "read");
      }
    },
    async remove(name) {
      const path = pathOf(name);
      try {
        await rm(path, { force: true });
      } catch (cause) {
        throw fileError(cause, path, "write");
      }
    },
  };
}

function isAbsent(error: unknown): boolean {
  return MidashError.is(error) && (error.cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT";
}

/** With the folders above it. Not mkdir's own `recursive`, which never returns where the system refuses (/proc). */
async function makeFolder(path: string): Promise<void> {
  if (await isFolder(path)) return;
  const above = dirname(path);
  if (above !== path) await makeFolder(above);
  try {
    await mkdir(path);
  } catch (cause) {
    if (await isFolder(path)) return; // made by another meanwhile
    if ((cause as NodeJS.ErrnoException).code === "EEXIST")
      throw new MidashError("io", "is a file, not a folder", {
        where: path,
        hint: "choose another folder",
        cause,
      });
    throw new MidashError("io", `can't make this folder (${(cause as NodeJS.ErrnoException).code})`, {
      where: path,
      hint: "choose another folder, or check who may write there",
      cause,
    });
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}
