import { hostname } from "node:os";
import { Worker } from "bullmq";
import { stdoutLog as log } from "./log.ts";
import type { Result } from "./processor.ts";
import { CANCELLED, type Task } from "./queue.ts";
import { retryAfter } from "./retry-after.ts";
import { shareOf } from "./share-of-machine.ts";
import { backendOf, CANCEL, openStore, QUEUE, quiet } from "./store.ts";
import { readWorkerSettings } from "./worker-settings.ts";

/** A case whose worker was lost that often is begun once more, and then never again. */
const STALLS = 3;

const { store, workers, gpus, lockMs } = readWorkerSettings(process.env);
const { connection, factory } = backendOf(store);
const processor = new URL("processor.js", import.meta.url);
const team = Array.from({ length: workers }, (_, n) => {
  const worker = new Worker<Task, Result>(
    QUEUE,
    processor,
    {
      connection,
      name: `${hostname()} ${process.pid} ${n}`,
      concurrency: 1,
      lockDuration: lockMs,
      stalledInterval: lockMs,
      maxStalledCount: STALLS,
      settings: { backoffStrategy: retryAfter },
      workerForkOptions: { ...shareOf(n, { of: workers, gpus }) } as object,
    },
    factory,
  );
  // Of the time since the store gave it: what was not work on the case.
  worker.on("completed", (job, { status, seconds }) =>
    log({
      job: job.id,
      event: status === "made" ? "done" : "was there",
      seconds: Number(seconds.toFixed(3)),
      queueMs: Math.round(Date.now() - job.processedOn! - 1000 * seconds),
    }),
  );
  worker.on("failed", (job, error) => {
    const over = job?.finishedOn !== undefined && job.finishedOn !== null;
    log({ job: job?.id, event: over ? "failed" : "is tried again", tries: job?.attemptsMade });
    if (error.message === CANCELLED) void job?.remove().catch(() => undefined);
  });
  worker.on("stalled", (id) => log({ job: id, event: "its worker was lost" }));
  return quiet(worker);
});
const { queue, listen } = openStore(store);
const events = listen();
events.on(
  CANCEL as never,
  (({ jobId }: { jobId: string }) => {
    for (const worker of team) worker.cancelJob(jobId, CANCELLED);
  }) as never,
);
await Promise.all(team.map((worker) => worker.waitUntilReady()));
log({ event: "working", workers });

for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, async () => {
    log({ event: "draining" });
    await Promise.all(team.map((worker) => worker.close()));
    await Promise.allSettled([events.close(), queue.close()]);
    process.exit(0);
  });
