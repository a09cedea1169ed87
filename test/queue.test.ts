/** The queue of examples/server on a real Redis and a real PostgreSQL, with workers that are killed. Needs `npm run build` first, and the stores from Debian's packages. */
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BullQueue } from "../examples/server/src/bull-queue.ts";
import type { Task } from "../examples/server/src/queue.ts";
import { root as repository, run } from "./support/pack.ts";
import { phantomQueue } from "./support/phantom-queue.ts";
import { leftovers, outputsIn } from "./support/processed.ts";
import { buildServer } from "./support/server.ts";
import { freePort, openStore, type Store, type StoreName, storeMissing } from "./support/stores.ts";
import { type Supervised, supervise } from "./support/supervised.ts";

const CASES = 12;
const MAIN = join(repository, "dist/cli/main.js");
const PYTHON = process.env.MIDASH_PYTHON ?? "python3";
const NAMES: readonly StoreName[] = ["redis", "postgres"];

let root = "";
let app = "";
let expected: Readonly<Record<string, string>>;
const at = (...parts: readonly string[]) => join(root, ...parts);

beforeAll(async () => {
  if (NAMES.every(storeMissing)) return;
  root = await mkdtemp(join(tmpdir(), "midash-queue-"));
  app = await buildServer("bundle");
  await phantomQueue(root, CASES);
  const model = ["--model", at("model.safetensors")];
  await run(process.execPath, [MAIN, "process", at("cases"), "--out", at("expected"), ...model], root);
  expected = await outputsIn(at("expected"));
  await mkdir(at("cases/poison"));
  await writeFile(at("cases/poison/mr.nii.gz"), "no image");
});
afterAll(async () => {
  for (const folder of [root, app]) if (folder) await rm(folder, { recursive: true, force: true });
});

describe.each(NAMES)("the queue on %s", (name) => {
  const missing = storeMissing(name);
  const test = it.skipIf(missing !== undefined);
  const note = missing === undefined ? "" : ` (skipped: ${missing})`;
  let store: Store;
  let queue: BullQueue;
  const started: Supervised[] = [];

  beforeAll(async () => {
    if (missing !== undefined) return;
    store = await openStore(name, at(name));
    await store.start();
    queue = new BullQueue(store.address);
  });
  afterAll(async () => {
    await Promise.all(started.map((one) => one.stop()));
    await queue?.drain();
    await store?.kill("SIGKILL");
  });

  const env = () => ({ MIDASH_STORE: store.address, MIDASH_LOCK_SECONDS: "2" });
  const worker = () => {
    const one = supervise(join(app, "out/worker.js"), { cwd: root, env: env() });
    started.push(one);
    return one;
  };
  const program = (script: string, ...options: readonly string[]) =>
    run(process.execPath, [join(app, "out", script), ...options], root, env());
  const enqueue = (out: string) =>
    program("enqueue.js", at("cases"), "--out", out, "--model", at("model.safetensors"));
  const task = (id: string, more: Partial<Task> = {}): Task => ({
    id,
    case: { id, where: id, files: { mr: at("cases/p00000/mr.nii.gz") }, inputs: ["mr"] },
    plan: { models: [at("model.safetensors")] },
    out: at(`${name}-tasks`),
    ...more,
  });
  const heard = (event: "begun" | "done" | "failed", id: string) =>
    new Promise<string>((resolve) => {
      queue.on(event, (one: string, what?: unknown) => {
        if (one === id) resolve(String(what));
      });
    });
  const until = async (holds: () => boolean | Promise<boolean>) => {
    while (!(await holds())) await sleep(50);
  };
  const dead = async () =>
    (await program("dead.js", "--json"))
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { id: string; case: string; reason: string });

  test(`does each case once, the first ones first, whoever is killed, and keeps the reason of what can't be done${note}`, async () => {
    const out = at(`${name}-out`);
    await queue.pause();
    expect(JSON.parse(await enqueue(out))).toEqual({ cases: CASES + 1, dead: 0 });
    expect(JSON.parse(await enqueue(out))).toEqual({ cases: CASES + 1, dead: 0 });
    await queue.submit(task("urgent", { priority: 1 }));
    const first = worker();
    await first.says("working");
    await sleep(300);
    expect([await queue.isPaused(), first.lines.length]).toEqual([true, 1]);
    await queue.resume();
    await first.says("done");
    expect(first.lines.find(({ event }) => event === "done")!.job).toBe("urgent");
    const [child] = first.children;
    process.kill(child!, "SIGKILL");
    await until(() => first.lines.filter(({ event }) => event === "done").length > 2);
    const second = worker();
    first.kill("SIGKILL");
    await until(
      async () => (await readdir(join(out, "cases"))).length === CASES && (await dead()).length > 0,
    );
    await until(async () => (await leftovers(out)).length === 0);
    expect(await outputsIn(out)).toEqual(expected);
    const made = [...first.lines, ...second.lines].filter(({ event }) => event === "done");
    expect(new Set(made.map(({ job }) => job)).size).toBe(made.length);
    await until(async () => (await readdir(join(out, "failed"))).length > 0);
    await until(async () => (await dead()).length > 0);
    const [poison, ...others] = await dead();
    expect(others).toEqual([]);
    expect(poison).toMatchObject({ case: "poison", reason: expect.stringMatching(/not a|no /) });
    await program("dead.js", "--forget", poison!.id);
    expect(await dead()).toEqual([]);
    await Promise.all([first.stop(), second.stop()]);
  }, 180_000);

  test(`ends what is cancelled, and on SIGTERM what runs is finished and the rest stays${note}`, async () => {
    const one = worker();
    await one.says("working");
    const [begun, failed] = [heard("begun", "cancelled"), heard("failed", "cancelled")];
    await queue.submit(task("cancelled"));
    await begun;
    await queue.cancel("cancelled");
    expect(await failed).toBe("cancelled");
    await until(async () => (await queue.state("cancelled")).state === "unknown");
    const last = heard("begun", "last");
    await Promise.all([queue.submit(task("last", { priority: 1 })), queue.submit(task("after"))]);
    await last;
    expect(await one.stop("SIGTERM")).toBe(0);
    expect((await queue.state("last")).state).toBe("unknown"); // done
    expect(await readdir(at(`${name}-tasks/cases`))).toContain("last");
    expect((await queue.state("after")).state).toBe("waiting");
    await queue.cancel("after");
    expect((await queue.state("after")).state).toBe("unknown");
  }, 180_000);

  test(`carries the server's jobs, whose files are as ever${note}`, async () => {
    const port = await freePort();
    const settings = { ...env(), MIDASH_PORT: `${port}`, MIDASH_MODEL: at("model.safetensors") };
    const data = { MIDASH_DATA: at(`${name}-data`) };
    const main = join(app, "out/main.js");
    const token = (await run(process.execPath, [main, "token", "me"], root, data)).trim();
    const server = supervise(main, { cwd: root, env: { ...settings, ...data } });
    started.push(server, worker());
    await server.says("listening");
    const headers = { Authorization: `Bearer ${token}` };
    const url = `http://127.0.0.1:${port}/v1/jobs`;
    const body = await readFile(at("cases/p00001/mr.nii.gz"));
    const sent = await fetch(`${url}?format=.nii.gz`, { method: "POST", body, headers });
    const { id } = (await sent.json()) as { id: string };
    const events = await (await fetch(`${url}/${id}/events`, { headers })).text();
    expect(JSON.parse(events.trimEnd().split("data: ").at(-1)!)).toMatchObject({ id, state: "done" });
    const found = await outputsIn(join(data.MIDASH_DATA, "jobs", id));
    expect(found["result/sct.nii.gz"]).toBe(expected["p00001/sct.nii.gz"]);
    expect(await server.stop("SIGTERM")).toBe(0);
  }, 180_000);

  const noPython =
    name === "redis" && missing === undefined && spawnSync(PYTHON, ["-c", "import bullmq"]).status === 0
      ? undefined
      : "needs Redis, and bullmq for Python: set MIDASH_PYTHON";
  it.skipIf(noPython !== undefined)(
    `lends work to a worker in Python${noPython ? ` (skipped: ${noPython})` : ""}`,
    async () => {
      await Promise.all(started.splice(0).map((one) => one.stop()));
      const script = join(repository, "examples/server/python/worker.py");
      const command = `'${process.execPath}' '${MAIN}'`;
      const done = heard("done", "by-python");
      const python = supervise(script, {
        ...{ cwd: root, env: { ...env(), MIDASH_COMMAND: command }, program: PYTHON },
      });
      started.push(python);
      await queue.submit(task("by-python"));
      expect(await done).toBe("sct.nii.gz,record.json");
      const made = await outputsIn(at(`${name}-tasks`));
      expect(made["by-python/sct.nii.gz"]).toBe(expected["p00000/sct.nii.gz"]);
      expect(await python.stop("SIGTERM")).toBe(0);
    },
    60_000,
  );
});
