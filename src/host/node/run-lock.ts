import { randomUUID } from "node:crypto";
import { type FileHandle, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { MidashError } from "../../base/errors/index.ts";
import { fileError } from "./files.ts";

/** Who writes in a folder, as its lock file says. */
interface Owner {
  readonly pid: number;
  readonly host: string;
  /** When the process started, ISO 8601, for people. */
  readonly started: string;
  /** The same for comparison, since a pid comes again: boot and clock ticks (Linux), else null. */
  readonly process: string | null;
  /** Distinguishes two locks of one process. */
  readonly token: string;
}

/** A lock that is held. */
export interface Lock {
  /** @throws MidashError `io` when somebody removed or took it */
  assertHeld(): Promise<void>;
  release(): Promise<void>;
}

/** Options of {@link tryLock}. */
export interface LockOptions {
  /**
   * Milliseconds after which a lock of another machine is taken for a dead one's; whoever holds a lock under this option refreshes it ten times in that time. Ages are
   * differences of the file system's own times, so no clock of a machine counts. Default: a lock of another machine stands.
   */
  readonly leaseMs?: number;
}

/** A lock file without a whole owner is one being written, or what a crash left. */
const WRITING_MS = 5000;

/**
 * Takes the lock file `path`, made with `wx` so that one of several wins. A lock whose owner is dead (killed, or the machine
 * restarted) is taken over; whether one of another machine is alive can't be known, so it stands.
 *
 * @throws MidashError `io` when another lives, or the file can't be made
 */
export async function takeLock(path: string): Promise<Lock> {
  const lock = await tryLock(path);
  if (lock) return lock;
  throw held(path, await readOwner(path));
}

/**
 * As {@link takeLock}.
 *
 * @returns `undefined` when another lives
 * @throws MidashError `io` when the file can't be made
 */
export async function tryLock(path: string, options: LockOptions = {}): Promise<Lock | undefined> {
  const { leaseMs } = options;
  const mine: Owner = {
    pid: process.pid,
    host: hostname(),
    started: new Date(Date.now() - 1000 * process.uptime()).toISOString(),
    process: await processIdentity(process.pid),
    token: randomUUID(),
  };
  for (let attempt = 0; attempt < 3; attempt++) {
    const handle = await create(path, mine);
    if (handle) return lockOf(path, mine, await refreshed(handle, mine, leaseMs));
    const owner = await readOwner(path);
    const away = leaseMs !== undefined && owner !== undefined && owner.host !== hostname();
    if (away ? await isYounger(path, leaseMs) : owner ? await isAlive(owner) : await isYoung(path))
      return undefined;
    await rm(path, { force: true });
  }
  return undefined;
}

/** Writes the lock again and again, so that others see that its owner lives; into the file that was made, whoever took over its name. @returns ends it */
async function refreshed(
  handle: FileHandle,
  owner: Owner,
  leaseMs: number | undefined,
): Promise<() => Promise<void>> {
  if (leaseMs === undefined) {
    await handle.close();
    return async () => undefined;
  }
  let writing: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    writing = handle.write(textOf(owner), 0).catch(() => undefined); // a file system that is away: others see an old lock
  }, leaseMs / 10);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await writing;
    await handle.close();
  };
}

/** By the file system's times. */
async function isYounger(path: string, ms: number): Promise<boolean> {
  const probe = `${path}.${randomUUID()}.now`;
  try {
    await writeFile(probe, "");
    return (await stat(probe)).mtimeMs - (await stat(path)).mtimeMs < ms;
  } catch {
    return false; // gone meanwhile
  } finally {
    await rm(probe, { force: true });
  }
}

function textOf(owner: Owner): string {
  return `${JSON.stringify(owner)}\n`;
}

/** Who writes in a run's folder: a process that lives, as far as that can be known. */
export interface RunWriter {
  readonly pid: number;
  readonly host: string;
  /** When the process started, ISO 8601. */
  readonly started: string;
}

/** The live owner of a lock file; `undefined` where there is none. Changes nothing. */
export async function ownerOf(path: string): Promise<RunWriter | undefined> {
  const owner = await readOwner(path);
  if (!owner || !(await isAlive(owner))) return undefined;
  const { pid, host, started } = owner;
  return { pid, host, started };
}

function lockOf(path: string, mine: Owner, end: () => Promise<void>): Lock {
  const holds = async () => (await readOwner(path))?.token === mine.token;
  return {
    async assertHeld() {
      if (!(await holds()))
        throw new MidashError("io", "another process took over this run: its lock is gone or not ours", {
          where: path,
          hint: "one process a folder: stop the other, then resume",
        });
    },
    async release() {
      await end();
      if (await holds()) await rm(path, { force: true });
    },
  };
}

/** The new file, open; `undefined` where there is one. */
async function create(path: string, owner: Owner): Promise<FileHandle | undefined> {
  try {
    const handle = await open(path, "wx");
    try {
      await handle.writeFile(textOf(owner));
    } catch (cause) {
      await handle.close();
      await rm(path, { force: true }).catch(() => undefined); // half a lock, on a full disk
      throw cause;
    }
    return handle;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return undefined;
    throw fileError(cause, path, "write");
  }
}

/** `undefined` when there is no lock, or no whole one. */
async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Owner;
  } catch {
    return undefined;
  }
}

async function isYoung(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs < WRITING_MS;
}

async function isAlive(owner: Owner): Promise<boolean> {
  if (owner.host !== hostname()) return true; // can't be known from here
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const now = await processIdentity(owner.pid);
  return now === null || owner.process === null || now === owner.process;
}

/** On Linux, boot and start of a process; "dead" for one that only waits to be reaped; null where it can't be known. */
async function processIdentity(pid: number): Promise<string | null> {
  try {
    const stats = await readFile(`/proc/${pid}/stat`, "latin1");
    const fields = stats.slice(stats.lastIndexOf(")") + 2).split(" "); // from field 3, the state; see proc(5)
    if (fields[0] === "Z" || fields[0] === "X") return "dead";
    const boot = (await readFile("/proc/sys/kernel/random/boot_id", "latin1")).trim();
    return `${boot}/${fields[19]}`;
  } catch {
    return null;
  }
}

function held(path: string, owner: Owner | undefined): MidashError {
  const who = owner
    ? `process ${owner.pid} on ${owner.host}, started ${owner.started},`
    : "another process, just starting,";
  return new MidashError("io", `${who} is writing this run`, {
    where: path,
    hint: "wait for it or stop it; if there is no such process, remove this file",
  });
}
