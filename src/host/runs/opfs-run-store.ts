import { assert, MidashError } from "../../base/errors/index.ts";
import type { RunStore } from "../../road/training/index.ts";
import { isAbsent, type OpfsFile, type OpfsFolder, opfsFolder } from "./opfs-folder.ts";

/** How a file is called while it is written. */
const FRESH = /^\..*\.new$/;

/**
 * A run's checkpoints in the private file system that a browser keeps for a page's site (OPFS), in workers and in pages. They stay when the page is closed, and
 * go when the visitor clears the site's data. A file is written under another name and moved when it is whole, so that a closed tab leaves the checkpoint
 * before it. `lock` is one of the Web Locks: a second tab that asks for it is refused, and what closed tabs held is free.
 *
 * @param path of a folder, from the root of that file system: "midash-runs/brain-1". Made by the first `write` or `lock`
 *
 * Its methods throw MidashError: `unsupported` where there is no such file system, `io` when the browser's storage is full, `invalid-argument` for a name
 * that is a path.
 */
export function opfsRunStore(path: string): RunStore {
  const checked = (name: string) => {
    assert(name !== "" && !/^\.|[\\/\0]/.test(name), `"${name}" is no plain file name`, {
      where: path,
      hint: "names of a run's files hold no path and begin with no dot",
    });
    return name;
  };
  return {
    async write(name, bytes, { keep } = {}) {
      checked(name);
      if (keep !== undefined) checked(keep);
      const folder = await opfsFolder(path, true);
      const fresh = `.${name}.new`;
      try {
        const file = await folder.getFileHandle(fresh, { create: true });
        await fill(file, bytes);
        if (keep !== undefined) await moveIfThere(folder, name, keep);
        await move(folder, file, name);
      } catch (cause) {
        await removeFile(folder, fresh);
        throw await storageError(cause, `${path}/${name}`, bytes.length);
      }
    },
    async read(name) {
      const folder = await opfsFolder(path, false);
      return folder && readFile(folder, checked(name));
    },
    async list() {
      const folder = await opfsFolder(path, false);
      const names: string[] = [];
      if (folder)
        for await (const [name, { kind }] of folder.entries())
          if (kind === "file" && !name.startsWith(".")) names.push(name);
      return names.sort();
    },
    async remove(name) {
      const folder = await opfsFolder(path, false);
      if (folder) await removeFile(folder, checked(name));
    },
    async lock() {
      const release = await webLock(path);
      try {
        const folder = await opfsFolder(path, true);
        for await (const [name] of folder.entries()) if (FRESH.test(name)) await removeFile(folder, name);
      } catch (error) {
        await release();
        throw error;
      }
      return release;
    },
  };
}

/** What a run's lock is called among the locks of the site. */
export function lockName(path: string): string {
  return `midash run ${path}`;
}

/** Held until the function is called, or the tab is gone. @throws MidashError `io` when another holds it */
async function webLock(path: string): Promise<() => Promise<void>> {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let ended: Promise<unknown> = Promise.resolve();
  const mine = await new Promise<boolean>((resolve, reject) => {
    ended = navigator.locks
      .request(lockName(path), { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock ? held : undefined;
      })
      .catch(reject);
  });
  if (!mine)
    throw new MidashError("io", "another tab of this browser trains it now", {
      where: path.replace(/^.*\//, ""),
      hint: "go on in that tab, or close it first",
    });
  return async () => {
    release();
    await ended;
  };
}

async function readFile(folder: OpfsFolder, name: string): Promise<Uint8Array | undefined> {
  try {
    const file = await (await folder.getFileHandle(name)).getFile();
    return new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Writes all bytes, and has them on the disk. */
async function fill(file: OpfsFile, bytes: Uint8Array): Promise<void> {
  if (!file.createSyncAccessHandle || !("WorkerGlobalScope" in globalThis)) {
    const stream = await file.createWritable(); // a copy, which takes the file's place when it is closed
    await stream.write(bytes as Uint8Array<ArrayBuffer>);
    return stream.close();
  }
  const access = await file.createSyncAccessHandle();
  try {
    access.truncate(0);
    let at = 0;
    while (at < bytes.length) {
      const taken = access.write(bytes.subarray(at), { at });
      if (taken <= 0) throw new DOMException("no more bytes are taken", "QuotaExceededError");
      at += taken;
    }
    access.flush();
  } finally {
    access.close();
  }
}

async function moveIfThere(folder: OpfsFolder, from: string, to: string): Promise<void> {
  try {
    await move(folder, await folder.getFileHandle(from), to);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

/** Takes the place of what is there. Where a browser moves no files, the bytes are copied, whole or not at all. */
async function move(folder: OpfsFolder, file: OpfsFile, name: string): Promise<void> {
  if (file.move) return file.move(name);
  const bytes = await readFile(folder, file.name);
  const stream = await (await folder.getFileHandle(name, { create: true })).createWritable();
  await stream.write((bytes ?? new Uint8Array()) as Uint8Array<ArrayBuffer>);
  await stream.close();
  await folder.removeEntry(file.name);
}

async function removeFile(folder: OpfsFolder, name: string): Promise<void> {
  try {
    await folder.removeEntry(name);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

/** A full storage in words; everything else as it is. */
async function storageError(cause: unknown, where: string, bytes: number): Promise<unknown> {
  if (!(cause instanceof DOMException)) return cause;
  if (cause.name !== "QuotaExceededError")
    return new MidashError("io", `can't be written (${cause.name})`, { where, cause });
  const { quota = 0, usage = 0 } = await navigator.storage.estimate();
  const megabytes = (n: number) => `${(Math.max(0, n) / 1e6).toFixed(1)} MB`;
  return new MidashError(
    "io",
    `the browser's storage is full: ${megabytes(bytes)} are needed, ${megabytes(quota - usage)} are free`,
    { where, hint: "delete runs that are not needed any more, or free some space on the disk", cause },
  );
}
