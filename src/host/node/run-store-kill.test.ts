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

/** The file system as a process sees it that is killed before its n-th call: that one and all later ones fail. */
const life = vi.hoisted(() => ({
  calls: 0,
  end: Number.POSITIVE_INFINITY,
  spend() {
    if (++this.calls >= this.end) throw new Error("killed");
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
          await handle.write(half);
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

async function train(folder: string, end: number, resume = false): Promise<number> {
  Object.assign(life, { calls: 0, end });
  const trainer = new Trainer({ ...toyRun(), epochs: 3, store: fileRunStore(folder) });
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
  const calls = await train(unbroken, Number.POSITIVE_INFINITY);
  expect(calls).toBeGreaterThan(60);
  const wanted = await left(unbroken);
  expect(Object.keys(wanted)).toEqual(["best.safetensors", "last.safetensors", "previous.safetensors"]);
  let deaths = 0;
  for (let end = 1; end <= calls; end++) {
    const folder = join(root, String(end), "run");
    await train(folder, end).catch(() => deaths++);
    const names: string[] = await undead.list(folder).catch(() => []);
    if (names.length > 0) await left(folder);
    if (names.includes(".lock")) {
      // This process lives on, so the lock's owner is made one that does not; half a lock is made an old one.
      const path = join(folder, ".lock");
      const lock = await undead.read(path, "utf8");
      await undead.write(path, lock.replace(/"pid":\d+/, `"pid":${child.pid}`));
      await undead.age(path, 1, 1);
    }
    await train(folder, Number.POSITIVE_INFINITY, true);
    expect(await left(folder), `killed before call ${end}`).toEqual(wanted);
    expect(await undead.list(folder)).toEqual(Object.keys(wanted));
  }
  expect(deaths).toBeGreaterThan(calls - 5); // the last calls only clean up
});
