import { DelayedError, type Job, UnrecoverableError, Worker } from "bullmq";
import type { CaseProcess, Result } from "./case-process.ts";
import { CANCELLED, type Task } from "./queue.ts";
import { retryAfter } from "./retry-after.ts";
import { backendOf, QUEUE, quiet } from "./store.ts";

/** A case whose worker was lost that often is begun once more, and then never again. */
const STALLS = 3;
/** Milliseconds until a case that another process has is looked at again. */
const BUSY_MS = 5000;

/** Takes tasks from the store, one at a time, and has them done. */
export function taskWorker(
  store: string,
  one: CaseProcess,
  { name, lockMs }: { readonly name: string; readonly lockMs: number },
): Worker<Task, Result> {
  const { connection, factory } = backendOf(store);
  const work = async (job: Job<Task, Result>, token?: string, signal?: AbortSignal): Promise<Result> => {
    const { case: found, plan, out } = job.data ?? {};
    if (!found?.files || !plan || !out)
      throw new UnrecoverableError("is no task of midash: it was put in by something else");
    const onProgress = (share: number) => void job.updateProgress(share).catch(() => undefined);
    const answer = await one.do(job.data, onProgress, signal).catch((error: unknown) => {
      throw signal?.aborted ? new UnrecoverableError(CANCELLED) : error;
    });
    if ("result" in answer) return answer.result;
    if ("busy" in answer) {
      await job.moveToDelayed(Date.now() + BUSY_MS, token);
      throw new DelayedError();
    }
    const { reason, mayPass } = answer.failure;
    throw mayPass ? new Error(reason) : new UnrecoverableError(reason);
  };
  const options = {
    ...{ connection, name, concurrency: 1, lockDuration: lockMs, stalledInterval: lockMs },
    maxStalledCount: STALLS,
    settings: { backoffStrategy: retryAfter },
  };
  return quiet(new Worker<Task, Result>(QUEUE, work, options, factory));
}
