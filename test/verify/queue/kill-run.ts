/** Cases through queue and workers while all that takes part is killed at random. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { caseName, distinctFolder } from "../../support/phantom-queue.ts";
import type { Line, Supervised } from "../../support/supervised.ts";
import { MemoryLog } from "./memory.ts";
import { OutputWatch } from "./outputs.ts";
import { seeded } from "./seeded.ts";
import type { Enqueuer, Setting } from "./setting.ts";

const WORKERS = 4;
const ENQUEUER_KILLS = 5;
/** Milliseconds between uploads. */
const PACE_MS = 1000;
/** Shares of the kills. The enqueuer's are the server's once all is put in. */
const TARGETS = { process: 0.5, worker: 0.2, store: 0.15, server: 0.08, enqueuer: 0.07 } as const;
type Target = keyof typeof TARGETS;

export async function killRun(
  setting: Setting,
  how: { readonly cases: number; readonly uploads: number; readonly kills: number; readonly seed: number },
) {
  const { folder, store } = setting;
  const { cases, uploads, kills } = how;
  const random = seeded(how.seed);
  const out = join(folder, "killed");
  const started = performance.now();
  const made = new Map<string, number>();
  const events = new Map<string, number>();
  const onLine = (line: Line) => {
    events.set(String(line.event), (events.get(String(line.event)) ?? 0) + 1);
    if (line.event === "done") made.set(String(line.job), (made.get(String(line.job)) ?? 0) + 1);
  };
  const after = () => 1000 * random();
  const workers = Array.from({ length: WORKERS }, () => setting.worker({ onLine, after }));
  const server = setting.server({ onLine: () => undefined, after });
  const watch = new OutputWatch(out);
  const memory = new MemoryLog();
  let over = false;

  let putting: Enqueuer | undefined;
  const enqueued = (async () => {
    for (let runs = 1; ; runs++) {
      putting = setting.enqueue(join(folder, "cases"), out, ["--priority", "6"]); // uploads go first
      if ((await putting.ended) === 0) return runs;
      await sleep(500);
    }
  })().finally(() => {
    putting = undefined;
  });
  const uploaded = uploadAll(setting, uploads);

  const killed: Record<Target, number> = { process: 0, worker: 0, store: 0, server: 0, enqueuer: 0 };
  const killOne = async () => {
    const target = pick(random(), putting !== undefined);
    if (target === "store") {
      await store.kill("SIGKILL");
      await sleep(2000 * random());
      await store.start();
    } else if (target === "enqueuer") putting?.kill("SIGKILL");
    else if (target === "server") {
      if (server.pid === undefined) return;
      server.kill("SIGKILL");
    } else {
      const one: Supervised = workers[Math.floor(WORKERS * random())]!;
      if (one.pid === undefined) return;
      if (target === "worker") one.kill("SIGKILL");
      else {
        const [child] = one.children;
        if (child === undefined) return; // it starts just now
        try {
          process.kill(child, "SIGKILL");
        } catch {
          return;
        }
      }
    }
    killed[target]++;
  };
  const count = () => Object.values(killed).reduce((a, b) => a + b, 0);
  const killing = (async () => {
    // It is soon through: these come while it puts cases in.
    for (let n = 0; n < Math.min(ENQUEUER_KILLS, kills); n++) {
      await sleep(500 + 2000 * random());
      if (!putting) break;
      putting.kill("SIGKILL");
      killed.enqueuer++;
    }
    let next = 0;
    while (count() < kills && !over) {
      await sleep(100 + 200 * random());
      // Spread over the cases, a few at the end.
      if (watch.count < next) continue;
      await killOne();
      next = (cases * (count() + 0.8 * random())) / (kills + 1);
    }
  })();

  let lastSaid = 0;
  for (;;) {
    const there = await watch.look();
    memory.take(
      "worker",
      workers.map(({ pid }) => pid),
    );
    memory.take(
      "process",
      workers.flatMap(({ children }) => children),
    );
    memory.take("server", [server.pid]);
    memory.take("store", [store.pid]);
    if (performance.now() - lastSaid > 30_000) {
      lastSaid = performance.now();
      process.stderr.write(
        `${Math.round((performance.now() - started) / 1000)} s: ${there} of ${cases}, ${count()} kills\n`,
      );
    }
    if (there >= cases) break;
    await sleep(1000);
  }
  over = true;
  await killing;
  const enqueuerRuns = await enqueued;
  const jobs = await uploaded;
  const ended = await allEnded(setting, jobs);
  // What was given out again when the last worker died is looked at by another: nothing is made.
  await emptied(setting);
  const seconds = (performance.now() - started) / 1000;
  const exits = await Promise.all([...workers, server].map((one) => one.stop("SIGTERM")));
  const ids = Array.from({ length: cases }, (_, n) => caseName(n));
  const seen = await watch.end(ids, setting.reference, (id) => Number(id.slice(1)));
  const wrong = await wrongUploads(setting, jobs);
  const again = [...made.values()].filter((times) => times > 1).length;
  return {
    ...{ cases, uploads, seconds, killed, kills: count(), enqueuerRuns, exits },
    lost: seen.lost.length + ended.lost,
    doubled: seen.doubled.length + again,
    different: seen.different.length + wrong,
    failed: seen.failed.length + ended.failed,
    dead: await setting.dead(),
    left: seen.left.length,
    files: seen.files,
    events: Object.fromEntries(events),
    memory: memory.summary(),
  };
}

function pick(chance: number, putting: boolean): Target {
  let sum = 0;
  for (const [target, share] of Object.entries(TARGETS) as [Target, number][]) {
    sum += share;
    if (chance < sum) return target === "enqueuer" && !putting ? "server" : target;
  }
  return "process";
}

/** Sends MRs to the server, each until it is taken. @returns their jobs by number */
async function uploadAll(
  { folder, port, token }: Setting,
  uploads: number,
): Promise<ReadonlyMap<number, string>> {
  const jobs = new Map<number, string>();
  for (let n = 0; n < uploads; n++) {
    const body = await readFile(join(distinctFolder(folder, n), "mr.nii.gz"));
    const { id } = await insist(async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/v1/jobs?format=.nii.gz`, {
        method: "POST",
        body,
        headers: { Authorization: `Bearer ${token}`, "Idempotency-Key": `upload-${n}-of-the-check` },
      });
      if (answer.status !== 200 && answer.status !== 201) throw new Error(`${answer.status}`);
      return (await answer.json()) as { id: string };
    });
    jobs.set(n, id);
    await sleep(PACE_MS);
  }
  return jobs;
}

/** A server that was just killed is there again soon. */
async function insist<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch {
      await sleep(500);
    }
  }
}

async function allEnded({ port, token }: Setting, jobs: ReadonlyMap<number, string>) {
  const ended = { lost: 0, failed: 0 };
  for (const id of jobs.values()) {
    for (;;) {
      const job = await insist(async () => {
        const answer = await fetch(`http://127.0.0.1:${port}/v1/jobs/${id}`, {
          headers: { Authorization: `Bearer ${token}` },
        });
        return answer.status === 404 ? undefined : ((await answer.json()) as { state: string });
      });
      if (!job) ended.lost++;
      if (job?.state === "failed") ended.failed++;
      if (!job || job.state === "failed" || job.state === "done") break;
      await sleep(500);
    }
  }
  return ended;
}

/** Until nothing waits or runs in the store. */
async function emptied({ store }: Setting): Promise<void> {
  const { openStore } = await import("../../../examples/server/src/store.ts");
  const { queue } = openStore(store.address);
  for (;;) {
    const counts = await queue.getJobCounts("waiting", "active", "delayed", "prioritized");
    if (Object.values(counts).every((n) => n === 0)) break;
    await sleep(500);
  }
  await queue.close();
}

async function wrongUploads(
  { folder, reference }: Setting,
  jobs: ReadonlyMap<number, string>,
): Promise<number> {
  let wrong = 0;
  for (const [n, id] of jobs) {
    const seen = await new OutputWatch(join(folder, "data/jobs", id)).end(["result"], reference, () => n);
    if (seen.lost.length + seen.different.length + seen.left.length > 0) wrong++;
  }
  const folders = await readdir(join(folder, "data/jobs"));
  return wrong + Math.abs(folders.length - jobs.size); // one job a request, and nothing else
}
