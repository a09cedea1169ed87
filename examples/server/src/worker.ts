import { hostname } from "node:os";
import { fileURLToPath } from "node:url";
import { CaseProcess } from "./case-process.ts";
import { stdoutLog as log } from "./log.ts";
import { CANCELLED } from "./queue.ts";
import { shareOf } from "./share-of-machine.ts";
import { CANCEL, openStore } from "./store.ts";
import { taskWorker } from "./task-worker.ts";
import { readWorkerSettings } from "./worker-settings.ts";

const { store, workers, gpus, lockMs } = readWorkerSettings(process.env);
const script = fileURLToPath(new URL("processor.js", import.meta.url));
const team = Array.from({ length: workers }, (_, n) => {
  const cases = new CaseProcess(script, shareOf(n, { of: workers, gpus }));
  const worker = taskWorker(store, cases, { name: `${hostname()} ${process.pid} ${n}`, lockMs });
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
    const over = typeof job?.finishedOn === "number";
    log({ job: job?.id, event: over ? "failed" : "is tried again", tries: job?.attemptsMade });
    if (error.message === CANCELLED) void job?.remove().catch(() => undefined);
  });
  let fault: string | undefined;
  worker.on("error", (error: Error & { readonly code?: string }) => {
    const why = error.code ?? error.name; // no text: it may hold an address
    if (why !== fault) log({ event: "fault of the store", why });
    fault = why;
  });
  worker.on("stalled", (id) => log({ job: id, event: "its worker was lost" }));
  return { worker, cases };
});
const { queue, listen } = openStore(store);
const events = listen();
events.on(
  CANCEL as never,
  (({ jobId }: { readonly jobId: string }) => {
    for (const { worker } of team) worker.cancelJob(jobId, CANCELLED);
  }) as never,
);
await Promise.all(team.map(({ worker }) => worker.waitUntilReady()));
log({ event: "working", workers });

for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, async () => {
    log({ event: "draining" });
    await Promise.all(team.map(({ worker }) => worker.close()));
    for (const { cases } of team) cases.end();
    await Promise.allSettled([events.close(), queue.close()]);
    process.exit(0);
  });
