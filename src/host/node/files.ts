import { randomUUID } from "node:crypto";
import { open, readFile, realpath, rename, rm, stat, statfs } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { MidashError, throwIfAborted } from "../../base/errors/index.ts";

/**
 * The bytes of a file.
 *
 * @throws MidashError `not-found` when it is absent, `io` when it can't be read or is a directory, `limit` above the
 *   2 GiB that Node reads at once, or `aborted`
 */
export async function readFileBytes(
  path: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Uint8Array> {
  throwIfAborted(options.signal);
  try {
    const file = await readFile(path, { signal: options.signal });
    return new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  } catch (cause) {
    throwIfAborted(options.signal);
    throw fileError(cause, path, "read");
  }
}

/** The first bytes of a file, or all where it has fewer. @throws MidashError as {@link readFileBytes} */
export async function readFileHead(
  path: string,
  length: number,
  into: Uint8Array = new Uint8Array(length),
): Promise<Uint8Array> {
  try {
    const handle = await open(path, "r");
    try {
      const { buffer, bytesRead } = await handle.read(into, 0, length, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw fileError(cause, path, "read");
  }
}

/** Whether there is anything under this path. */
export async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** Whether there is a plain file under this path. */
export async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

/** Whether there is a folder under this path. */
export async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

/**
 * Writes a file whole or not at all: into a temporary file beside it, flushed to disk, then renamed over `path`, and the
 * folder flushed too. Through a symbolic link the file it points to is replaced, not the link.
 *
 * @param options `beforeRename` is called when the new bytes are on the disk and `path` still holds the old ones
 * @throws MidashError `not-found` when the folder is absent, `io` (permissions, disk full, `path` is no plain file)
 *   or `aborted`; the temporary file is removed
 */
export async function writeFileAtomic(
  path: string,
  bytes: Uint8Array,
  options: { readonly signal?: AbortSignal; readonly beforeRename?: () => Promise<void> } = {},
): Promise<void> {
  const { signal, beforeRename } = options;
  throwIfAborted(signal);
  const target = await realpath(path).catch(() => path);
  await assertReplaceable(target, path);
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`);
  try {
    const handle = await open(temporary, "wx");
    try {
      await handle.writeFile(bytes, { signal });
      await handle.sync();
    } finally {
      await handle.close();
    }
    await beforeRename?.();
    await rename(temporary, target);
    await syncFolder(dirname(target));
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throwIfAborted(signal);
    throw MidashError.is(cause) ? cause : await writeError(cause, path, bytes.length);
  }
}

/** Whether a file's name is one that {@link writeFileAtomic} gives while it writes. */
export function isTemporary(name: string): boolean {
  return /^\..+\.[0-9a-f]{8}-[0-9a-f-]{27}\.tmp$/.test(name);
}

/** Without this a rename may not outlive a power failure. Does nothing where folders can't be opened (Windows). */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, "r").catch(() => undefined);
  try {
    await handle?.sync().catch(() => undefined); // some network file systems refuse
  } finally {
    await handle?.close();
  }
}

/** The system says "absent" of a file that it won't create in a folder that exists (/proc), too. */
async function writeError(cause: unknown, path: string, needed: number): Promise<MidashError> {
  const { code = "" } = cause as NodeJS.ErrnoException;
  if (NO_ROOM.includes(code)) {
    const { kind, what, hint } = fileError(cause, path, "write");
    const free = await statfs(dirname(path)).then(
      ({ bavail, bsize }) => bavail * bsize,
      () => undefined,
    );
    const of = code !== "ENOSPC" || free === undefined ? "" : `, ${inMegabytes(free)} are free`;
    return new MidashError(kind, `${what}: ${inMegabytes(needed)} are needed${of}`, {
      where: path,
      hint,
      cause,
    });
  }
  const folder = await stat(dirname(path)).catch(() => undefined);
  if ((cause as NodeJS.ErrnoException).code !== "ENOENT" || !folder?.isDirectory())
    return fileError(cause, path, "write");
  return new MidashError("io", "can't be created in this folder", {
    where: path,
    hint: "write elsewhere",
    cause,
  });
}

/** Renaming over a device or a pipe would destroy it, over a folder fail obscurely. */
async function assertReplaceable(target: string, path: string): Promise<void> {
  const found = await stat(target).catch(() => undefined);
  if (found === undefined || found.isFile()) return;
  throw new MidashError("io", found.isDirectory() ? "is a folder, not a file" : "is not a plain file", {
    where: path,
    hint: "give the path of a file",
  });
}

/** A {@link MidashError} for an error of `node:fs`: what happened to `path`, and what to do. */
export function fileError(cause: unknown, path: string, doing: "read" | "write"): MidashError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const known = (code === "ENOENT" && doing === "write" ? FOLDER_ABSENT : undefined) ?? KNOWN[code ?? ""];
  if (known) {
    const [kind, what, hint] = known;
    return new MidashError(kind, what, { where: path, hint, cause });
  }
  const hint = doing === "write" ? "write elsewhere, or check the disk" : "check the file and the disk";
  return new MidashError("io", `can't ${doing} it (${code ?? message})`, { where: path, hint, cause });
}

/** Of errors that more room would spare. */
const NO_ROOM = ["ENOSPC", "EDQUOT", "EFBIG"];

function inMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e6 ? 3 : 1)} MB`;
}

type Known = readonly ["not-found" | "io" | "limit", what: string, hint: string];

const FOLDER_ABSENT: Known = ["not-found", "the folder does not exist", "create it first"];

const DENIED: Known = ["io", "permission denied", "check who may read and write it"];

const KNOWN: Readonly<Record<string, Known>> = {
  ENOENT: ["not-found", "no such file", "check the path"],
  ENOTDIR: ["not-found", "a part of the path is a file, not a folder", "check the path"],
  EISDIR: ["io", "is a folder, not a file", "give the path of a file"],
  EACCES: DENIED,
  EPERM: DENIED,
  EROFS: ["io", "the disk is read-only", "write elsewhere"],
  ENOSPC: ["io", "the disk is full", "free some space"],
  EDQUOT: ["io", "the disk quota is used up", "free some space"],
  EFBIG: [
    "io",
    "larger than the disk or a limit of the system allows",
    "write elsewhere, or raise it (ulimit -f)",
  ],
  EMFILE: ["io", "too many files are open", "close some, or raise the system's limit"],
  ENAMETOOLONG: ["io", "the name is too long", "choose a shorter one"],
  ERR_FS_FILE_TOO_LARGE: [
    "limit",
    "larger than the 2 GiB that can be read at once",
    "gzip, crop or split it",
  ],
};
