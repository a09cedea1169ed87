import { availableParallelism } from "node:os";
import { assert } from "../../base/errors/index.ts";
import {
  type CaseWorkers,
  type CohortCaseResult,
  evaluateCase,
  failedCase,
} from "../../evaluation/cohort/index.ts";
import type { CaseTask } from "./case-worker.ts";
import { ThreadPool } from "./thread-pool.ts";

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
  const threads = new ThreadPool<CaseTask>("case-worker", {
    call: "caseWorkers",
    does: "evaluated it",
    without: "leave workers out",
  });
  return {
    size: count,
    async evaluate(source, caseOptions) {
      if (!source.files?.prediction || !source.files.reference || (source.mask && !source.files.mask))
        return evaluateCase(source, caseOptions);
      threads.assertOpen();
      const { signal, preset, dataRange } = caseOptions;
      const task: CaseTask = {
        id: source.id,
        files: source.files,
        wanted: { mask: source.mask !== undefined, mr: source.mr !== undefined },
        options: { preset, ...(dataRange ? { dataRange } : {}) },
      };
      try {
        return (await threads.ask(task, { signal })) as CohortCaseResult;
      } catch (error) {
        if (signal?.aborted) throw error;
        return failedCase(source.id, error);
      }
    },
    dispose: () => threads.dispose(),
  };
}
