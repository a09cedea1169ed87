import { mkdir, readdir, rename, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { assert, MidashError } from "../../base/errors/index.ts";
import type { RunStore } from "../../road/training/index.ts";
import { fileError, isFolder, isTemporary, readFileBytes, syncFolder, writeFileAtomic } from "./files.ts";
import { type Lock, ownerOf, type RunWriter, takeLock } from "./run-lock.ts";

/** In the run's folder while somebody writes there. */
const LOCK = ".lock";

/**
 * A run's checkpoints as files of one folder. The folder is made by the first `write` or `lock`; a file is written whole or not
 * at all, so a crash leaves the checkpoint before it. `lock` refuses a folder that another live process holds, and
 * sweeps up what a killed one left; its release removes a folder that it made and that stayed empty.
 *
 * @example
 * const trainer = new Trainer({ model, backend, store: fileRunStore("runs/brain-1") });
 *
 * Its methods throw MidashError: `invalid-argument` for a name that is a path, `io` or `not-found` for what the file
 * system refuses. `list` leaves out folders and hidden files.
 */
export function fileRunStore(folder: string): RunStore {
  assert(typeof folder === "string" && folder !== "", "the folder must be a non-empty string", {
    where: { call: "fileRunStore" },
  });
  const pathOf = (name: string) => {
    assert(
      name !== "" && name === basename(name) && !/^\.{1,2}$|[\\/\0]/.test(name),
      `"${name}" is no plain file name`,
      { where: folder, hint: "names of a run's files hold no path" },
    );
    return join(folder, name);
  };
  let lock: Lock | undefined;
  return {
    async write(name, bytes, { keep } = {}) {
      const path = pathOf(name);
      const keepPath = keep === undefined ? undefined : pathOf(keep);
      await makeFolder(folder);
      await writeFileAtomic(path, bytes, {
        // The new bytes are safe beside it by now: a full disk takes no checkpoint away.
        beforeRename: async () => {
          await lock?.assertHeld();
          if (keepPath !== undefined) await renameIfThere(path, keepPath);
        },
      });
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
      await lock?.assertHeld();
      try {
        await rm(path, { force: true });
      } catch (cause) {
        throw fileError(cause, path, "write");
      }
    },
    async lock() {
      const made = await makeFolder(folder);
      const unmake = async () => {
        for (const path of [...made].reverse()) await rmdir(path).catch(() => undefined); // empty ones only
      };
      try {
        const own = await takeLock(join(folder, LOCK));
        lock = own;
        await sweep(folder);
        return async () => {
          lock = undefined;
          await own.release();
          await unmake();
        };
      } catch (error) {
        await unmake();
        throw error;
      }
    },
  };
}

/**
 * Who is writing in a run's folder now.
 *
 * @returns `undefined` where nobody is, as far as that can be known: a process of another machine counts as alive
 */
export function runWriter(folder: string): Promise<RunWriter | undefined> {
  return ownerOf(join(folder, LOCK));
}

/** Removes the temporary files and folders of killed writers. Only the holder of the lock may: others would lose what they write. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (isTemporary(name)) await rm(join(folder, name), { force: true, recursive: true });
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
  }
}

function isAbsent(error: unknown): boolean {
  return MidashError.is(error) && (error.cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT";
}

/**
 * With the folders above it; returns those it made, outermost first. Not mkdir's own `recursive`, which never returns where
 * the system refuses (/proc).
 */
async function makeFolder(path: string): Promise<string[]> {
  if (await isFolder(path)) return [];
  const above = dirname(path);
  const made = above === path ? [] : await makeFolder(above);
  try {
    await mkdir(path);
    await syncFolder(above);
    return [...made, path];
  } catch (cause) {
    if (await isFolder(path)) return made; // made by another meanwhile
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
