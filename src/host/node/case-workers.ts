import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { aborted, assert, fail, MidashError, throwIfAborted } from "../../base/errors/index.ts";
import {
  type CaseOptions,
  type CaseWorkers,
  type CohortCase,
  type CohortCaseResult,
  evaluateCase,
  failedCase,
} from "../../evaluation/cohort/index.ts";
import type { CaseAnswer, CaseTask } from "./case-worker.ts";

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

/** Where the script of a thread lies, seen from this code: beside it, or from a shared chunk or the command line. */
const PLACES = ["case-worker.js", "node/case-worker.js", "../node/case-worker.js"];

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
  const idle: Worker[] = [];
  const all = new Set<Worker>();
  let ended = false;
  const start = () => {
    const worker = new Worker(script);
    all.add(worker);
    worker.on("error", () => undefined); // reported by the case that it runs
    worker.once("exit", () => all.delete(worker));
    return worker;
  };
  return {
    size: count,
    async evaluate(source, caseOptions) {
      assert(!ended, "was disposed", { where: { call: "caseWorkers" } });
      if (!source.files?.prediction || !source.files.reference || (source.mask && !source.files.mask))
        return evaluateCase(source, caseOptions);
      throwIfAborted(caseOptions.signal);
      const worker = idle.pop() ?? start();
      const result = await ask(worker, source, caseOptions);
      if (all.has(worker)) idle.push(worker);
      return result;
    },
    async dispose() {
      ended = true;
      await Promise.all([...all].map((worker) => worker.terminate()));
    },
  };
}

/** One case in one thread. On abort the thread is ended: its work can't be interrupted otherwise. */
function ask(worker: Worker, source: CohortCase, options: CaseOptions): Promise<CohortCaseResult> {
  const { signal, preset, dataRange } = options;
  return new Promise((resolve, reject) => {
    const settle = (done: () => void) => {
      worker.off("message", onMessage).off("error", onError).off("exit", onExit);
      signal?.removeEventListener("abort", onAbort);
      done();
    };
    const onMessage = ({ result }: CaseAnswer) => settle(() => resolve(result));
    const onError = (error: Error) => settle(() => resolve(failedCase(source.id, died(error.message))));
    const onExit = (code: number) => settle(() => resolve(failedCase(source.id, died(`exit code ${code}`))));
    const onAbort = () =>
      settle(() => {
        void worker.terminate();
        reject(aborted(signal));
      });
    worker.on("message", onMessage).on("error", onError).on("exit", onExit);
    signal?.addEventListener("abort", onAbort);
    const task: CaseTask = {
      id: source.id,
      files: source.files ?? {},
      wanted: { mask: source.mask !== undefined, mr: source.mr !== undefined },
      options: { preset, ...(dataRange ? { dataRange } : {}) },
    };
    worker.postMessage(task);
  });
}

function died(how: string): MidashError {
  return new MidashError("internal", `the thread that evaluated it died (${how})`, {
    hint: "if memory ran out, use fewer workers",
  });
}

function scriptPath(): string {
  const here = dirname(typeof __filename === "string" ? __filename : fileURLToPath(import.meta.url));
  const found = PLACES.map((place) => join(here, place)).find((path) => existsSync(path));
  return (
    found ??
    fail("not-found", "the script of its threads, node/case-worker.js of this package, is not there", {
      where: { call: "caseWorkers" },
      hint: "leave workers out, or don't bundle @midash/core into one file",
    })
  );
}
