import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { errorOf } from "../../../test/support/error-of.ts";
import { fileRunStore } from "./index.ts";
import { tryLock } from "./run-lock.ts";

let folder = "";
let lockPath = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "midash-lock-"));
  lockPath = join(folder, ".lock");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const lock = () => fileRunStore(folder).lock!();

/** What a process that lives, or has ended, would have left as its lock. */
async function leave(change: object): Promise<void> {
  const unlock = await lock();
  const owner = JSON.parse(await readFile(lockPath, "utf8"));
  await unlock();
  await writeFile(lockPath, JSON.stringify({ ...owner, token: "another", ...change }));
}

async function endedPid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  return child.pid!;
}

describe("the lock of a run's folder", () => {
  it("is a file that says who, and is gone when released", async () => {
    const unlock = await lock();
    expect(JSON.parse(await readFile(lockPath, "utf8"))).toMatchObject({
      pid: process.pid,
      host: hostname(),
    });
    expect(await fileRunStore(folder).list()).toEqual([]);
    await unlock();
    expect(await readdir(folder)).toEqual([]);
    await (await lock())();
  });

  it("lets one of many in, who ask at once", async () => {
    const asked = await Promise.allSettled(Array.from({ length: 20 }, lock));
    expect(asked.filter((one) => one.status === "fulfilled")).toHaveLength(1);
  });

  it("refuses a second writer: who writes, what to do", async () => {
    const unlock = await lock();
    const error = await errorOf(lock());
    expect(error.kind).toBe("io");
    expect(error.message).toMatch(
      new RegExp(
        `^${lockPath}: process ${process.pid} on ${hostname()}, started 20.*Z, is writing this run; ` +
          "wait for it or stop it; if there is no such process, remove this file$",
      ),
    );
    await unlock();
  });

  it("of a living process of another program stands, as does one of another machine", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    await leave({ pid: child.pid, process: null });
    expect((await errorOf(lock())).message).toContain(`process ${child.pid} on`);
    child.kill("SIGKILL");
    await once(child, "exit");
    await (await lock())();
    await leave({ pid: await endedPid(), host: "elsewhere" });
    expect((await errorOf(lock())).message).toContain("on elsewhere");
  });

  it("of a dead process is taken over, with the temporary files it left", async () => {
    await leave({ pid: await endedPid() });
    const litter = ".last.safetensors.123e4567-e89b-42d3-a456-426614174000.tmp";
    for (const name of [litter, ".mine.tmp", "notes.tmp"]) await writeFile(join(folder, name), "half");
    const unlock = await lock();
    expect(JSON.parse(await readFile(lockPath, "utf8")).pid).toBe(process.pid);
    expect((await readdir(folder)).sort()).toEqual([".lock", ".mine.tmp", "notes.tmp"]);
    await unlock();
  });

  it.runIf(process.platform === "linux")("of a dead process whose pid came again is taken over", async () => {
    await leave({ process: "another boot/1" }); // with the pid of this living process
    await (await lock())();
  });

  it("that was half written stands for seconds, then counts as dead", async () => {
    await writeFile(lockPath, '{"pid":');
    expect((await errorOf(lock())).message).toContain("another process, just starting, is writing");
    const long = new Date(Date.now() - 10_000);
    await utimes(lockPath, long, long);
    await (await lock())();
  });

  it("that was taken away is noticed before anything is replaced", async () => {
    const store = fileRunStore(folder);
    const unlock = await store.lock!();
    await store.write("last", Uint8Array.of(1));
    await rm(lockPath);
    const other = await lock();
    for (const call of [() => store.write("last", Uint8Array.of(2)), () => store.remove("last")])
      expect((await errorOf(call())).message).toContain("another process took over this run");
    expect(await readdir(folder)).toEqual([".lock", "last"]);
    expect([...(await store.read("last"))!]).toEqual([1]);
    await unlock(); // does not open the other's
    expect((await errorOf(lock())).kind).toBe("io");
    await other();
  });

  it("makes the folder, and removes it when it stayed empty", async () => {
    const store = fileRunStore(join(folder, "a", "b"));
    const unlock = await store.lock!();
    expect(await readdir(join(folder, "a", "b"))).toEqual([".lock"]);
    await unlock();
    expect(await readdir(folder)).toEqual([]);
    const again = await store.lock!();
    await store.write("last", Uint8Array.of(1));
    await again();
    expect(await readdir(join(folder, "a", "b"))).toEqual(["last"]);
    await mkdir(join(folder, "mine"));
    await (await fileRunStore(join(folder, "mine")).lock!())();
    expect(await readdir(folder)).toContain("mine");
  });

  it.skipIf(process.getuid?.() === 0)("can't be taken in a read-only folder", async () => {
    await chmod(folder, 0o500);
    expect((await errorOf(lock())).message).toContain("permission denied");
    await chmod(folder, 0o700);
  });
});

describe("a lock with a lease", () => {
  it("of another machine stands while it is refreshed, and is taken over when it is old, whatever clocks say", async () => {
    await leave({ host: "elsewhere" });
    expect(await tryLock(lockPath, { leaseMs: 60_000 })).toBeUndefined();
    await utimes(lockPath, new Date(Date.now() + 1e7), new Date(Date.now() + 1e7)); // by a clock that was set back since
    expect(await tryLock(lockPath, { leaseMs: 60_000 })).toBeUndefined();
    const old = new Date(Date.now() - 120_000);
    await utimes(lockPath, old, old);
    expect(await tryLock(lockPath)).toBeUndefined(); // without a lease it stands
    const lock = await tryLock(lockPath, { leaseMs: 60_000 });
    await lock!.assertHeld();
    await lock!.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it("is refreshed while it is held, and leaves the file of whoever took it over alone", async () => {
    const lock = await tryLock(lockPath, { leaseMs: 50 });
    const { mtimeMs } = await stat(lockPath);
    while ((await stat(lockPath)).mtimeMs === mtimeMs) await sleep(5);
    await lock!.assertHeld();
    await rm(lockPath);
    await writeFile(lockPath, "another's");
    await sleep(50);
    expect(await readFile(lockPath, "utf8")).toBe("another's");
    expect((await errorOf(lock!.assertHeld())).kind).toBe("io");
    await lock!.release();
    expect(await readFile(lockPath, "utf8")).toBe("another's");
  });
});
