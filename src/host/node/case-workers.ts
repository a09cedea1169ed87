import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { Calls, findScript } from "../../base/calls/index.ts";
import { assert, fail, MidashError, throwIfAborted } from "../../base/errors/index.ts";
import {
  type CaseOptions,
  type CaseWorkers,
  type CohortCase,
  type CohortCaseResult,
  evaluateCase,
  failedCase,
} from "../../evaluation/cohort/index.ts";
import type { CaseTask } from "./case-worker.ts";

/** Options of {@link caseWorkers}. */
export interface CaseWorkersOptions {
  /** Default: as many as the machine has cores. More than there are cases are never started. */
  readonly count?: number;
}

/** Threads that evaluate cases of files; `dispose` ends them. */
export interface NodeCaseWorkers extends CaseWorkers {
  /** Ends all threads. Cases that still run are cancelled. */
  dispose(): Promise<void>;
}

/**
 * Threads for `evaluateCohort`: each reads a case's files, evaluates it and returns its numbers; the files are read by the
 * formats of the package alone. Each holds the volumes of one case: for 256×256×200 voxels some 200 MB. A thread that dies (out of memory) fails its
 * case and is replaced. Cases without `files` are evaluated in this thread.
 *
 * @example
 * const workers = caseWorkers({ count: 4 });
 * for await (const event of evaluateCohort(cases, { preset: "synthrad2025", workers })) show(event);
 * await workers.dispose();
 *
 * @throws MidashError `invalid-argument` for an invalid count; `not-found` where the package was bundled, and the script is not beside it
 */
export function caseWorkers(options: CaseWorkersOptions = {}): NodeCaseWorkers {
  const { count = availableParallelism() } = options;
  assert(
    Number.isInteger(count) && count >= 1 && count <= 256,
    `count must be a whole number from 1 to 256, got ${count}`,
    { where: { call: "caseWorkers" } },
  );
  const script = scriptPath();
  const idle: Thread[] = [];
  const all = new Set<Worker>();
  let disposed = false;
  const start = (): Thread => {
    const worker = new Worker(script);
    all.add(worker);
    worker.once("exit", () => all.delete(worker));
    return { worker, calls: new Calls<CaseTask>(worker, { lost: died }) };
  };
  return {
    size: count,
    async evaluate(source, caseOptions) {
      assert(!disposed, "was disposed", { where: { call: "caseWorkers" } });
      if (!source.files?.prediction || !source.files.reference || (source.mask && !source.files.mask))
        return evaluateCase(source, caseOptions);
      throwIfAborted(caseOptions.signal);
      let thread = idle.pop();
      while (thread?.calls.ended) thread = idle.pop(); // it died while it had nothing to do
      thread ??= start();
      const result = await evaluated(thread, source, caseOptions);
      if (!thread.calls.ended) idle.push(thread);
      return result;
    },
    async dispose() {
      disposed = true;
      await Promise.all([...all].map((worker) => worker.terminate()));
    },
  };
}

interface Thread {
  readonly worker: Worker;
  readonly calls: Calls<CaseTask>;
}

/** One case in one thread. On abort the thread is ended: its work can't be interrupted otherwise. */
async function evaluated(
  { worker, calls }: Thread,
  source: CohortCase,
  { signal, preset, dataRange }: CaseOptions,
): Promise<CohortCaseResult> {
  const task: CaseTask = {
    id: source.id,
    files: source.files ?? {},
    wanted: { mask: source.mask !== undefined, mr: source.mr !== undefined },
    options: { preset, ...(dataRange ? { dataRange } : {}) },
  };
  try {
    return (await calls.ask(task, { signal })) as CohortCaseResult;
  } catch (error) {
    if (!signal?.aborted) return failedCase(source.id, error);
    void worker.terminate();
    throw error;
  }
}

function died(how: string, cause?: unknown): MidashError {
  return new MidashError("internal", `the thread that evaluated it ${how}`, {
    hint: "if memory ran out, use fewer workers",
    cause,
  });
}

function scriptPath(): string | URL {
  return (
    findScript("node/case-worker.js", existsSync) ??
    fail("not-found", "the script of its threads, node/case-worker.js of this package, is not there", {
      where: { call: "caseWorkers" },
      hint: "leave workers out, or don't bundle @midash/core into one file",
    })
  );
}
