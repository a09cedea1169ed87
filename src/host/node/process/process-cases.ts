import { readdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { aborted, assert, errorText, type MidashErrorJson } from "../../../base/errors/index.ts";
import { type Plugin, Registry } from "../../../road/plugin/index.ts";
import type { FoundCase } from "../layouts/index.ts";
import { optionalParts } from "./backend-choice.ts";
import { identityOf, type PlanIdentity } from "./case-key.ts";
import type { SctMaker } from "./maker.ts";
import { openMaker } from "./open-maker.ts";
import { type CaseOutcome, doneBefore, makePlaces, processKnown } from "./process-case.ts";
import { claimedId, PLACES, sweepCase } from "./process-folder.ts";
import { type ProcessPlan, settledPlan } from "./process-plan.ts";
import { ProcessPool, WorkerDied } from "./process-pool.ts";
import { type FailedRecord, RECORD_HEAD, readFailure, writeFailure } from "./process-record.ts";
import type { ProcessTask } from "./process-worker.ts";

/** How often a case whose process dies is begun. */
const ATTEMPTS = 2;
/** Milliseconds between looks at cases that other processes have. */
const WAIT_MS = 500;

/** Options of {@link processCases}. */
export interface ProcessCasesOptions {
  /** The folder of the results. It is made; what is there and fits is left alone. */
  readonly out: string;
  /** The n-th of so many jobs that write into one folder, from 1. Default: the only one. */
  readonly shard?: { readonly n: number; readonly of: number };
  /**
   * Processes, each with the models and one case in its memory. Default 1, since one case uses all cores on wasm, or the whole graphics card.
   */
  readonly workers?: number;
  /** Tries cases again that were set aside, since their processes died. Default false. */
  readonly retry?: boolean;
  /** Bring formats, backends and steps of their own. Other processes know the package's alone, so with these all is done in this one. Default: none. */
  readonly plugins?: readonly Plugin[];
  /** Ends it: no case is begun any more, those that run are finished, then `aborted` is thrown. */
  readonly drain?: AbortSignal;
  /** Ends it at once: what runs is lost, and made by the next call. */
  readonly signal?: AbortSignal;
}

/** What {@link processCases} reports. */
export type ProcessEvent =
  /** How many cases are this job's, how many of them were there, and how many are set aside. */
  | { readonly type: "start"; readonly cases: number; readonly there: number; readonly setAside: number }
  /** From 0 to 1, of a case that runs. */
  | { readonly type: "progress"; readonly id: string; readonly share: number }
  /** Its process died; it is begun once more. */
  | { readonly type: "again"; readonly id: string; readonly why: string }
  /** Other processes that live have all cases that are left. */
  | { readonly type: "waiting"; readonly ids: readonly string[] }
  /** A case is done, failed, or set aside. */
  | ({ readonly type: "case"; readonly done: number; readonly total: number } & Exclude<
      CaseOutcome,
      { status: "busy" }
    >);

/**
 * Does to every case what {@link processCase} does, in processes of their own: one that dies (killed, out of memory) loses at most its case, which is begun once more and then set aside. Killed itself at any
 * instant, the same call goes on, and so do others on other machines that see the folder.
 *
 * @example
 * for await (const event of processCases(await findMrs("cohort"), { labels: true }, { out: "made" })) show(event);
 *
 * @throws MidashError as {@link processCase}; `invalid-argument` for a shard or number of workers that can't be
 */
export async function* processCases(
  cases: readonly FoundCase[],
  plan: ProcessPlan,
  options: ProcessCasesOptions,
): AsyncGenerator<ProcessEvent> {
  const { out, shard = { n: 1, of: 1 }, workers = 1, retry = false, drain, signal } = options;
  const { n, of } = shard;
  const where = { call: "processCases" };
  assert(
    Number.isInteger(n) && Number.isInteger(of) && n >= 1 && n <= of,
    `there is no shard ${n} of ${of}`,
    { where: { ...where, option: "shard" }, hint: "shards count from 1, e.g. 3/8" },
  );
  assert(
    Number.isInteger(workers) && workers >= 1 && workers <= 256,
    `must be a whole number from 1 to 256, got ${workers}`,
    { where: { ...where, option: "workers" } },
  );
  const ids = new Set(cases.map(({ id }) => id));
  assert(ids.size === cases.length, "two cases have one id", { where, hint: "name each once" });
  const identity = await identityOf(settledPlan(plan));
  await makePlaces(out);
  await sweep(out);
  const mine = [...cases].sort((a, b) => (a.id < b.id ? -1 : 1)).filter((_, place) => place % of === n - 1);
  const queue: FoundCase[] = [];
  let [there, setAside] = [0, 0];
  for (const one of mine) {
    if (await doneBefore(one, identity, out)) there++;
    else if (!retry && (await readFailure(out, one.id))?.status === "set-aside") setAside++;
    else queue.push(one);
  }
  yield { type: "start", cases: mine.length, there, setAside };
  let done = there + setAside;
  const team = options.plugins?.length ? inThisProcess(options.plugins) : inProcesses();
  const notes: ProcessEvent[] = [];
  const attempts = new Map<string, number>();
  const running = new Map<string, Promise<readonly [FoundCase, CaseOutcome | WorkerDied]>>();
  let busy: FoundCase[] = [];
  const stops = () => drain?.aborted || signal?.aborted;
  const fill = () => {
    while (running.size < workers && queue.length > 0 && !stops()) {
      const found = queue.shift()!;
      const { id } = found;
      attempts.set(id, (attempts.get(id) ?? 0) + 1);
      const onProgress = (share: number) => notes.push({ type: "progress", id, share });
      const work = team.work({ found, identity, out }, onProgress).catch((error: unknown) => {
        if (error instanceof WorkerDied) return error;
        throw error;
      });
      const promise = work.then((outcome) => [found, outcome] as const);
      promise.catch(() => undefined); // another may fail first
      running.set(id, promise);
    }
  };
  const killed = new Promise<never>((_, reject) => {
    signal?.addEventListener("abort", () => reject(aborted(signal)), { once: true });
  });
  killed.catch(() => undefined);
  try {
    if (signal?.aborted) throw aborted(signal);
    for (fill(); running.size > 0 || (busy.length > 0 && !stops()); fill()) {
      if (running.size === 0) {
        yield { type: "waiting", ids: busy.map(({ id }) => id) };
        await Promise.race([sleep(WAIT_MS, undefined, { signal: drain }).catch(() => undefined), killed]);
        queue.push(...busy);
        busy = [];
        continue;
      }
      const tick = sleep(WAIT_MS, undefined, { ref: false });
      const ended = await Promise.race([...running.values(), killed, tick]);
      yield* notes.splice(0);
      if (!ended) continue;
      const [found, outcome] = ended;
      const { id } = found;
      running.delete(id);
      if (outcome instanceof WorkerDied) {
        await sweepCase(out, id);
        if (attempts.get(id)! < ATTEMPTS) {
          queue.push(found);
          yield { type: "again", id, why: outcome.message };
        } else {
          const record = await setCaseAside(found, identity, out, outcome.message);
          yield { type: "case", id, status: "failed", record, done: ++done, total: mine.length };
        }
      } else if (outcome.status === "busy") {
        attempts.delete(id);
        busy.push(found);
      } else yield { type: "case", ...outcome, done: ++done, total: mine.length };
    }
    if (stops() && done < mine.length) throw aborted((signal?.aborted ? signal : drain)!);
  } finally {
    await team.dispose();
  }
}

interface Team {
  work(task: ProcessTask, onProgress: (share: number) => void): Promise<CaseOutcome>;
  dispose(): Promise<void>;
}

function inProcesses(): Team {
  const pool = new ProcessPool<ProcessTask>("node/process-worker.js", { call: "processCases" });
  return {
    work: (task, onProgress) =>
      pool.ask(task, (share) => onProgress(share as number)) as Promise<CaseOutcome>,
    dispose: () => pool.dispose(),
  };
}

function inThisProcess(plugins: readonly Plugin[]): Team {
  let maker: Promise<SctMaker> | undefined;
  return {
    work({ found, identity, out }, onProgress) {
      const open = () => {
        maker ??= openMaker(identity.plan, {
          registry: new Registry([...optionalParts(), ...plugins]),
          plugins,
        });
        return maker;
      };
      return processKnown(found, identity, { out, maker: open, plugins, onProgress });
    },
    async dispose() {
      (await maker?.catch(() => undefined))?.dispose();
    },
  };
}

/** Of all cases that dead processes were at. */
async function sweep(out: string): Promise<void> {
  const claimed = (await readdir(join(out, PLACES.claims))).flatMap((file) => claimedId(file) ?? []);
  const begun = (await readdir(join(out, PLACES.work))).map((name) => decodeURIComponent(name));
  for (const id of new Set([...claimed, ...begun])) await sweepCase(out, id);
}

async function setCaseAside(
  { id, where }: FoundCase,
  { plan, version }: PlanIdentity,
  out: string,
  why: string,
): Promise<FailedRecord> {
  const error: MidashErrorJson = {
    kind: "internal",
    what: `${why}, ${ATTEMPTS} times`,
    where,
    hint: "if memory ran out, use fewer workers or a larger machine; then try it again with retry",
  };
  const record: FailedRecord = {
    ...RECORD_HEAD,
    id,
    key: null,
    status: "set-aside",
    plan,
    versions: { midash: version, node: process.versions.node },
    host: hostname(),
    started: new Date().toISOString(),
    seconds: 0,
    inputs: {},
    error,
    reason: errorText(error),
  };
  await writeFailure(out, record);
  return record;
}
