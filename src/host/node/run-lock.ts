import { randomUUID } from "node:crypto";
import { open, readFile, rm, stat } from "node:fs/promises";
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

/** A lock file without a whole owner is one being written, or what a crash left. */
const WRITING_MS = 5000;

/**
 * Takes the lock file `path`, made with `wx` so that one of several wins. A lock whose owner is dead (killed, or the machine
 * restarted) is taken over; whether one of another machine is alive can't be known, so it stands.
 *
 * @throws MidashError `io` when another lives, or the file can't be made
 */
export async function takeLock(path: string): Promise<Lock> {
  const mine: Owner = {
    pid: process.pid,
    host: hostname(),
    started: new Date(Date.now() - 1000 * process.uptime()).toISOString(),
    process: await processIdentity(process.pid),
    token: randomUUID(),
  };
  for (let attempt = 0; attempt < 3; attempt++) {
    if (await create(path, mine)) return lockOf(path, mine);
    const owner = await readOwner(path);
    if (owner ? await isAlive(owner) : await isYoung(path)) throw held(path, owner);
    await rm(path, { force: true });
  }
  throw held(path, await readOwner(path));
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

function lockOf(path: string, mine: Owner): Lock {
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
      if (await holds()) await rm(path, { force: true });
    },
  };
}

async function create(path: string, owner: Owner): Promise<boolean> {
  try {
    const handle = await open(path, "wx");
    try {
      await handle.writeFile(`${JSON.stringify(owner)}\n`);
    } catch (cause) {
      await rm(path, { force: true }).catch(() => undefined); // half a lock, on a full disk
      throw cause;
    } finally {
      await handle.close();
    }
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false;
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
