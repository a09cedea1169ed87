/** Without any fault: what the queue costs a case, and whether memory grows. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { caseName } from "../../support/phantom-queue.ts";
import type { Line } from "../../support/supervised.ts";
import { cpuOf, MemoryLog, median } from "./memory.ts";
import { OutputWatch } from "./outputs.ts";
import type { Setting } from "./setting.ts";

/** One worker, so that times are the queue's and not of other workers on its cores. */
export async function quietRun(setting: Setting, cases: number) {
  const { folder, store } = setting;
  const out = join(folder, "quiet");
  const code = await setting.enqueue(join(folder, "cases"), out).ended;
  if (code !== 0) throw new Error(`enqueue ended with ${code}`);
  const lines: Line[] = [];
  const worker = setting.worker({ onLine: (line) => lines.push(line) });
  const watch = new OutputWatch(out);
  const memory = new MemoryLog();
  const started = performance.now();
  let first = 0;
  while ((await watch.look()) < cases) {
    if (first === 0 && watch.count > 0) first = performance.now();
    memory.take("worker", [worker.pid]);
    memory.take("its process", worker.children);
    await sleep(500);
  }
  const ended = performance.now();
  while (lines.filter(({ event }) => event === "done").length < cases) await sleep(100);
  const cpu = {
    worker: worker.pid === undefined ? 0 : cpuOf(worker.pid),
    store: store.pid === undefined ? 0 : cpuOf(store.pid),
  };
  await worker.stop("SIGTERM");
  const done = lines.filter(({ event }) => event === "done");
  const queueMs = done.slice(5).map(({ queueMs }) => Number(queueMs));
  const ids = Array.from({ length: cases }, (_, n) => caseName(n));
  const seen = await watch.end(ids, setting.reference, (id) => Number(id.slice(1)));
  return {
    cases,
    seconds: (ended - started) / 1000,
    perSecond: (cases - 1) / ((ended - first) / 1000),
    queueMs: {
      median: median(queueMs),
      p95: [...queueMs].sort((a, b) => a - b)[Math.floor(0.95 * queueMs.length)],
    },
    caseMs: 1000 * median(done.map(({ seconds }) => Number(seconds))),
    /** The store's own process alone, of PostgreSQL with what it waited for. */
    cpuMsPerCase: { worker: (1000 * cpu.worker) / cases, store: (1000 * cpu.store) / cases },
    memory: memory.summary(),
    ...{ lost: seen.lost.length, doubled: seen.doubled.length, different: seen.different.length },
  };
}
