import { assert, MidashError, throwIfAborted } from "../../base/errors/index.ts";
import type { CaseOptions, CohortCase, CohortCaseResult } from "./cohort-case.ts";
import { evaluateCase } from "./evaluate-case.ts";
import { decodeResult, encodeResult, resultKey } from "./result-json.ts";
import { type CohortResult, type CohortStatisticsOptions, summariseCohort } from "./summary.ts";

/** Where results are kept as they come. Every `RunStore` is one: `fileRunStore` of `@midash/core/node`, `memoryRunStore`. */
export interface CohortStore {
  /** Whole or not at all. */
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** `undefined` when absent. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Makes this the only writer until the returned function is called. */
  lock?(): Promise<() => Promise<void>>;
}

/** Threads that evaluate cases. In Node see `caseWorkers` of `@midash/core/node`. */
export interface CaseWorkers {
  /** Cases at once. */
  readonly size: number;
  /** @throws MidashError `aborted` only: what else goes wrong is the result's reason */
  evaluate(source: CohortCase, options: CaseOptions): Promise<CohortCaseResult>;
}

/** Options of {@link evaluateCohort}. */
export interface EvaluateCohortOptions extends CaseOptions, CohortStatisticsOptions {
  /** Default: cases one after another, in this thread. */
  readonly workers?: CaseWorkers;
  /** Each result is written there as it comes. Default: nowhere. */
  readonly store?: CohortStore;
  /**
   * Take scored results from the store that were made of the same files (by `fingerprint`) in the same way; failed cases are tried
   * again. Default true.
   */
  readonly resume?: boolean;
  /** Cases done, of all. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** What {@link evaluateCohort} yields: each case when it is done, in any order, and the whole at the end. */
export type CohortEvent =
  | {
      readonly type: "case";
      readonly result: CohortCaseResult;
      /** Whether it was taken from the store. */
      readonly reused: boolean;
      readonly done: number;
      readonly total: number;
    }
  | { readonly type: "end"; readonly cohort: CohortResult };

/**
 * Evaluates a cohort case by case, with the volumes of as many cases in memory as there are workers. A case that can't be
 * evaluated (files missing or damaged, another grid, an empty mask, NaN) is reported with its reason, and the rest goes on.
 *
 * @example
 * const cases = await openCohort({ predictions: "sct", references: "Task1/brain", masks: "Task1/brain" });
 * for await (const event of evaluateCohort(cases, { preset: "synthrad2023" })) {
 *   if (event.type === "case") console.log(event.result.id, event.result.status);
 *   else console.table(event.cohort.measures.map(({ name, summary }) => ({ name, mean: summary.mean })));
 * }
 *
 * @throws MidashError `invalid-argument` for no cases, repeated ids or when no case at all could be evaluated; `aborted`; what the
 *   store throws
 */
export async function* evaluateCohort(
  cases: readonly CohortCase[],
  options: EvaluateCohortOptions,
): AsyncGenerator<CohortEvent> {
  const where = { call: "evaluateCohort" };
  const { workers, store, resume = true, onProgress, signal } = options;
  assert(cases.length > 0, "there are no cases", { where });
  assert(new Set(cases.map(({ id }) => id)).size === cases.length, "an id is there twice", { where });
  assert(
    workers === undefined || (Number.isInteger(workers.size) && workers.size >= 1),
    `workers.size must be a whole number from 1, got ${workers?.size}`,
    { where },
  );
  const total = cases.length;
  const results = new Map<string, CohortCaseResult>();
  const event = (result: CohortCaseResult, reused: boolean): CohortEvent => {
    results.set(result.id, result);
    onProgress?.({ done: results.size, total });
    return { type: "case", result, reused, done: results.size, total };
  };
  const unlock = await store?.lock?.();
  try {
    const open: CohortCase[] = [];
    for (const source of cases) {
      throwIfAborted(signal);
      const known = resume && store ? await storedResult(source, store, options) : undefined;
      if (known) yield event(known, true);
      else open.push(source);
    }
    for await (const [source, result] of evaluated(open, options)) {
      await store?.write(fileOf(source.id), encodeResult(result, resultKey(source, options)));
      yield event(result, false);
    }
  } finally {
    await unlock?.();
  }
  const ordered = cases.map(({ id }) => results.get(id)!);
  yield { type: "end", cohort: summariseCohort(ordered, options) };
}

/** Results as they come, as many cases at once as there are workers. Left early, it cancels what still runs. */
async function* evaluated(
  cases: readonly CohortCase[],
  { workers, preset, dataRange, signal }: EvaluateCohortOptions,
): AsyncGenerator<readonly [CohortCase, CohortCaseResult]> {
  const cancel = new AbortController();
  const forward = () => cancel.abort(signal?.reason);
  signal?.addEventListener("abort", forward, { once: true });
  const evaluate = workers ? workers.evaluate.bind(workers) : evaluateCase;
  const running = new Map<CohortCase, Promise<readonly [CohortCase, CohortCaseResult]>>();
  try {
    let next = 0;
    while (next < cases.length || running.size > 0) {
      throwIfAborted(signal);
      while (next < cases.length && running.size < (workers?.size ?? 1)) {
        const source = cases[next++]!;
        const work = evaluate(source, { preset, dataRange, signal: cancel.signal });
        const done = work.then((result) => [source, result] as const);
        done.catch(() => undefined); // the race reports it, or it was cancelled
        running.set(source, done);
      }
      const done = await Promise.race(running.values());
      running.delete(done[0]);
      yield done;
    }
  } finally {
    signal?.removeEventListener("abort", forward);
    cancel.abort(new MidashError("aborted", "the evaluation was ended"));
    await Promise.allSettled(running.values());
  }
}

async function storedResult(
  source: CohortCase,
  store: CohortStore,
  options: EvaluateCohortOptions,
): Promise<CohortCaseResult | undefined> {
  const key = resultKey(source, options);
  const bytes = key === undefined ? undefined : await store.read(fileOf(source.id));
  return bytes && key !== undefined ? decodeResult(bytes, key, source.id) : undefined;
}

/** Any id is the name of one file. */
function fileOf(id: string): string {
  return `${encodeURIComponent(id)}.json`;
}
