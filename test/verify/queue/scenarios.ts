/** Faults that end in one clear state each, while the rest goes on. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { caseName } from "../../support/phantom-queue.ts";
import { OutputWatch } from "./outputs.ts";
import type { Setting } from "./setting.ts";

export const SCENARIO_CASES = 40;
/** Seconds that a store is down. */
const DOWN = 60;
const FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

type Scenario = (setting: Setting, out: string) => Promise<object>;

/** Each with what it is to end in. A setting needs {@link SCENARIO_CASES} cases. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  storeDown,
  clockSetBack,
  poison,
  tooLarge,
  fullDisk,
};

async function all(setting: Setting, out: string, watch = new OutputWatch(out)): Promise<object> {
  while ((await watch.look()) < SCENARIO_CASES) await sleep(200);
  const ids = Array.from({ length: SCENARIO_CASES }, (_, n) => caseName(n));
  const { lost, doubled, different } = await watch.end(ids, setting.reference, (id) => Number(id.slice(1)));
  return { done: watch.count, lost: lost.length, doubled: doubled.length, different: different.length };
}

/** Cases are put in, and some done; then there is no store for a minute, in which the server takes an MR. */
async function storeDown(setting: Setting, out: string): Promise<object> {
  const { store } = setting;
  const server = setting.server();
  await server.says("listening");
  await setting.enqueue(join(setting.folder, "cases"), out).ended;
  const worker = setting.worker();
  const watch = new OutputWatch(out);
  while ((await watch.look()) < 5) await sleep(50);
  await store.kill("SIGKILL");
  const down = performance.now();
  const uploaded = await upload(
    setting,
    await readFile(join(setting.folder, "cases", caseName(0), "mr.nii.gz")),
  );
  const health = (await fetch(`http://127.0.0.1:${setting.port}/health`)).status;
  const during = await watch.look();
  await sleep(Math.max(0, 1000 * DOWN - (performance.now() - down)));
  await store.start();
  const rest = await all(setting, out, watch);
  const job = await jobEnded(setting, uploaded.id!);
  const exits = [await worker.stop("SIGTERM"), await server.stop("SIGTERM")];
  return {
    downSeconds: DOWN,
    upload: uploaded.status,
    health,
    doneBefore: during,
    job: job.state,
    exits,
    ...rest,
  };
}

/** The clock of a worker and of its process is set back an hour while they work; a second worker has the right time, and so has the store. */
async function clockSetBack(setting: Setting, out: string): Promise<object> {
  if (!existsSync(FAKETIME)) return { skipped: "needs libfaketime" };
  const file = join(setting.folder, "clock");
  await writeFile(file, "+0");
  const clock = {
    LD_PRELOAD: FAKETIME,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
  };
  await setting.enqueue(join(setting.folder, "cases"), out).ended;
  const workers = [setting.worker({ env: clock }), setting.worker()];
  const watch = new OutputWatch(out);
  while ((await watch.look()) < 10) await sleep(50);
  await writeFile(file, "-3600");
  const rest = await all(setting, out, watch);
  const hours = new Set<number>();
  for (const id of await readdir(join(out, "cases"))) {
    const { started } = JSON.parse(await readFile(join(out, "cases", id, "record.json"), "utf8")) as {
      started: string;
    };
    hours.add(Math.round((Date.now() - Date.parse(started)) / 3.6e6));
  }
  await Promise.all(workers.map((one) => one.stop("SIGTERM")));
  return { hoursBehindInRecords: [...hours].sort(), ...rest };
}

/** Two cases that can't be done: one is no image, and over the other every process dies, as of a lack of memory. */
async function poison(setting: Setting, out: string): Promise<object> {
  const cases = join(setting.folder, "poisoned");
  await cp(join(setting.folder, "cases"), cases, { recursive: true });
  for (const name of ["no-image", "deadly"]) await mkdir(join(cases, name));
  await writeFile(join(cases, "no-image", "mr.nii.gz"), "no image");
  await cp(join(cases, caseName(0), "mr.nii.gz"), join(cases, "deadly", "mr.nii.gz"));
  await setting.enqueue(cases, out).ended;
  const worker = setting.worker();
  const claim = join(out, "claims", "deadly.lock");
  let deaths = 0;
  let over = false;
  const killing = (async () => {
    while (!over) {
      const pid = Number(/"pid":(\d+)/.exec(await readFile(claim, "utf8").catch(() => ""))?.[1]);
      if (pid && worker.children.includes(pid)) {
        process.kill(pid, "SIGKILL");
        deaths++;
        while (worker.children.includes(pid)) await sleep(5);
      }
      await sleep(1);
    }
  })();
  const rest = await all(setting, out);
  let dead = await setting.dead();
  while (dead.length < 2 && !existsSync(join(out, "cases", "deadly"))) {
    await sleep(500);
    dead = await setting.dead();
  }
  over = true;
  await killing;
  await worker.stop("SIGTERM");
  return { deaths, dead: dead.map(({ case: one, reason, tries }) => ({ one, reason, tries })), ...rest };
}

/** An upload above the server's limit; a file of a few kB that says it is of 64 GB. */
async function tooLarge(setting: Setting, out: string): Promise<object> {
  const server = setting.server({ env: { MIDASH_MAX_MB: "1" } });
  await server.says("listening");
  const refused = await upload(setting, new Uint8Array(2e6)).catch(() => ({ status: 413 }));
  const cases = join(setting.folder, "large");
  await cp(join(setting.folder, "cases"), cases, { recursive: true });
  await mkdir(join(cases, "huge"));
  await writeFile(join(cases, "huge", "mr.nii.gz"), gzipSync(hugeNifti()));
  await setting.enqueue(cases, out).ended;
  const worker = setting.worker();
  const rest = await all(setting, out);
  let dead = await setting.dead();
  while (dead.length === 0) {
    await sleep(500);
    dead = await setting.dead();
  }
  await Promise.all([worker.stop("SIGTERM"), server.stop("SIGTERM")]);
  return {
    upload: refused.status,
    dead: dead.map(({ case: one, reason, tries }) => ({ one, reason, tries })),
    ...rest,
  };
}

/** The results lie on a disk of two MiB that something else has filled; later that goes. */
async function fullDisk(setting: Setting, out: string): Promise<object> {
  await mkdir(out, { recursive: true });
  if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", out]).status !== 0)
    return { skipped: "needs root, to mount a small disk" };
  try {
    await setting.enqueue(join(setting.folder, "cases"), out).ended;
    const ballast = join(out, "ballast");
    await writeFile(ballast, new Uint8Array(2 ** 21)).catch(() => undefined); // as much as goes
    const worker = setting.worker();
    await worker.says("is tried again");
    await sleep(3000);
    const before = await new OutputWatch(out).look();
    await rm(ballast);
    const rest = await all(setting, out);
    const tried = worker.lines.filter(({ event }) => event === "is tried again").length;
    await worker.stop("SIGTERM");
    return { doneWhileFull: before, triedAgain: tried, dead: (await setting.dead()).length, ...rest };
  } finally {
    execFileSync("umount", ["-l", out]);
  }
}

async function upload(
  { port, token }: Setting,
  body: Uint8Array,
): Promise<{ readonly status: number; readonly id?: string }> {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/jobs?format=.nii.gz`, {
    method: "POST",
    body: body as Uint8Array<ArrayBuffer>,
    headers: { Authorization: `Bearer ${token}` },
  });
  return { status: answer.status, ...((await answer.json()) as { id?: string }) };
}

async function jobEnded({ port, token }: Setting, id: string): Promise<{ readonly state: string }> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/jobs/${id}`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    const job = (await answer.json()) as { state: string };
    if (job.state === "done" || job.state === "failed") return job;
    await sleep(500);
  }
}

/** The header of a volume of 2048 × 2048 × 4096 floats, and the first of them. */
function hugeNifti(): Uint8Array {
  const bytes = new Uint8Array(352 + 4096);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 348, true);
  for (const [n, size] of [3, 2048, 2048, 4096, 1, 1, 1, 1].entries()) view.setInt16(40 + 2 * n, size, true);
  view.setInt16(70, 16, true); // float32
  view.setInt16(72, 32, true);
  for (let n = 0; n < 4; n++) view.setFloat32(76 + 4 * n, 1, true);
  view.setFloat32(108, 352, true);
  bytes.set([0x6e, 0x2b, 0x31, 0], 344); // "n+1"
  return bytes;
}
