import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { withoutTimes } from "../../../test/support/times.ts";
import { discs, toyRun } from "../../../test/support/toy-run.ts";
import { Trainer } from "../../road/training/index.ts";
import { fileRunStore } from "./index.ts";

/** The file system as a process sees it that is killed before its n-th call: that one and all later ones fail; on a disk with so many bytes left. */
const life = vi.hoisted(() => ({
  calls: 0,
  end: Number.POSITIVE_INFINITY,
  room: Number.POSITIVE_INFINITY,
  spend() {
    if (++this.calls >= this.end) throw new Error("killed");
  },
  /** How many of these bytes go onto the disk. */
  take(bytes: number) {
    const taken = Math.min(bytes, this.room);
    this.room -= taken;
    return taken;
  },
}));

vi.mock("node:fs/promises", async (importOriginal) => {
  type Fs = typeof import("node:fs/promises");
  const real = await importOriginal<Fs>();
  const mortal = <F extends (...args: never[]) => Promise<unknown>>(call: F) =>
    (async (...args: Parameters<F>) => {
      life.spend();
      return call(...args);
    }) as unknown as F;
  const open: Fs["open"] = async (...args) => {
    life.spend();
    const handle = await real.open(...args);
    return {
      async writeFile(bytes: Uint8Array | string) {
        const data = Buffer.from(bytes as Uint8Array);
        for (const half of [data.subarray(0, data.length / 2), data.subarray(data.length / 2)]) {
          life.spend();
          const taken = life.take(half.length);
          await handle.write(half.subarray(0, taken));
          if (taken < half.length) throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
        }
      },
      sync: mortal(() => handle.sync()),
      close: () => handle.close(), // the system does it for the dead
    } as unknown as Awaited<ReturnType<Fs["open"]>>;
  };
  const { mkdir, readFile, readdir, realpath, rename, rm, rmdir, stat } = real;
  const calls = { mkdir, readFile, readdir, realpath, rename, rm, rmdir, stat };
  const wrapped = Object.entries(calls).map(([name, call]) => [name, mortal(call as never)]);
  return { ...real, open, ...Object.fromEntries(wrapped) };
});

const undead = {
  list: promisify(readdir),
  read: promisify(readFile),
  write: promisify(writeFile),
  age: promisify(utimes),
};

let root = "";
beforeEach(async () => {
  root = await promisify(mkdtemp)(join(tmpdir(), "midash-kill-"));
});
afterEach(() => promisify(rm)(root, { recursive: true, force: true }));

async function train(
  folder: string,
  { end = Number.POSITIVE_INFINITY, room = Number.POSITIVE_INFINITY, resume = false } = {},
): Promise<number> {
  Object.assign(life, { calls: 0, end, room });
  const each = { checkpointMinutes: 1e-9, keepBest: 1 }; // each step
  const trainer = new Trainer({ ...toyRun(), ...each, epochs: 3, store: fileRunStore(folder) });
  for await (const _ of trainer.fit(discs, { resume }));
  return life.calls;
}

/** What a reader of the folder finds: throws when a file under its own name is not whole. */
async function left(folder: string) {
  const names = (await undead.list(folder)).filter((name) => !name.startsWith("."));
  const read = async (name: string) => [name, withoutTimes(await undead.read(join(folder, name)))];
  return Object.fromEntries(await Promise.all(names.map(read)));
}

test("killed before any call of the file system, a run's files are whole, and it resumes to the same", async () => {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  const unbroken = join(root, "unbroken");
  const calls = await train(unbroken);
  expect(calls).toBeGreaterThan(120);
  const wanted = await left(unbroken);
  expect(Object.keys(wanted)).toEqual([
    "best.safetensors",
    expect.stringMatching(/^epoch-000\d-mae-[\d.]+\.safetensors$/),
    "last.safetensors",
    "previous.safetensors",
  ]);
  let deaths = 0;
  for (let end = 1; end <= calls; end++) {
    const folder = join(root, String(end), "run");
    await train(folder, { end }).catch(() => deaths++);
    const names: string[] = await undead.list(folder).catch(() => []);
    if (names.length > 0) await left(folder);
    if (names.includes(".lock")) {
      // This process lives on, so the lock's owner is made one that does not; half a lock is made an old one.
      const path = join(folder, ".lock");
      const lock = await undead.read(path, "utf8");
      await undead.write(path, lock.replace(/"pid":\d+/, `"pid":${child.pid}`));
      await undead.age(path, 1, 1);
    }
    await train(folder, { resume: true });
    expect(await left(folder), `killed before call ${end}`).toEqual(wanted);
    expect(await undead.list(folder)).toEqual(Object.keys(wanted));
  }
  expect(deaths).toBeGreaterThan(calls - 5); // the last calls only clean up
});

test("on a disk that fills at any byte, a run says what it needed, keeps its last checkpoint, and resumes to the same", async () => {
  const unbroken = join(root, "unbroken");
  await train(unbroken);
  const wanted = await left(unbroken);
  const { length } = await undead.read(join(unbroken, "last.safetensors"));
  let steps = -1;
  for (let room = 1; ; room += Math.ceil(length / 3)) {
    const folder = join(root, String(room));
    const error = await train(folder, { room }).then(
      () => undefined,
      (cause) => cause,
    );
    if (!error) break;
    expect([error.kind, error.what]).toEqual(["io", expect.stringMatching(/^the disk is full/)]);
    if (room > 1)
      expect(error.message).toMatch(
        /full: [\d.]+ MB are needed, [\d.]+ MB are free; free some space, then go on from the checkpoint before by resume$/,
      ); // else not even the lock has room
    const files: Record<string, { header: unknown }> = await left(folder).catch(() => ({}));
    const step = Number(
      /"step":(\d+)/.exec(JSON.stringify(files["last.safetensors"]?.header ?? {}))?.[1] ?? 0,
    );
    expect(step).toBeGreaterThanOrEqual(steps); // more room, no fewer steps
    steps = step;
    expect((await undead.list(folder).catch(() => [])).filter((name) => name.startsWith("."))).toEqual([]);
    await train(folder, { resume: true });
    expect(await left(folder), `full after ${room} bytes`).toEqual(wanted);
  }
  expect(steps).toBe(6);
});
