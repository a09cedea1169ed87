import { stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { sha256 } from "../../../base/bytes/index.ts";
import { assert, throwIfAborted } from "../../../base/errors/index.ts";
import { isBad } from "../../../evaluation/quality/index.ts";
import type { Case, Dataset } from "../../../road/data/index.ts";
import { type Plugin, Registry } from "../../../road/plugin/index.ts";
import type { Preparation, PreparationJson } from "../../../road/preparation/index.ts";
import { fingerprintOf } from "../fingerprint.ts";
import { ThreadPool } from "../thread-pool.ts";
import { type CaseRecord, readRecord } from "./case-record.ts";
import { finishCache, type PreparedSummary } from "./finish-cache.ts";
import { prepareOne } from "./prepare-one.ts";
import type { PrepareTask } from "./prepare-worker.ts";
import { settledPreparation } from "./settled-preparation.ts";

/** Counts changes of what is done and looked for: cases that were prepared before one are done anew. */
const REVISION = 1;

/** Options of {@link prepareDataset}. */
export interface PrepareDatasetOptions {
  /** The cache's folder. It is made; one that holds a part of the same cache is gone on with. */
  readonly out: string;
  /** What is done to each case: what `planPreparation` gives for the options of a training. */
  readonly preparation: Preparation;
  /** The n-th of so many jobs that write into one folder, from 1. Default: the only one. */
  readonly shard?: { readonly n: number; readonly of: number };
  /** Threads. Each holds one case: of 256³ voxels some 700 MB. Default: as many as the machine has cores. */
  readonly workers?: number;
  /** Bring steps and formats of their own. Threads know the package's alone, so with these there is one worker. Default: none. */
  readonly plugins?: readonly Plugin[];
  readonly signal?: AbortSignal;
}

/** What {@link prepareDataset} reports. */
export type PrepareEvent =
  /** How many cases are this job's, and how many of them were prepared before. */
  | { readonly type: "start"; readonly cases: number; readonly reused: number }
  /** A case is done; `good` as far as it can be said without the others. */
  | {
      readonly type: "case";
      readonly id: string;
      readonly good: boolean;
      readonly done: number;
      readonly total: number;
    }
  /** All cases are prepared, by whomever, and the index is written. */
  | ({ readonly type: "end" } & PreparedSummary)
  /** This job's cases are prepared, `missing` ones of other jobs are not: the last job writes the index, or any that is run again. */
  | { readonly type: "waiting"; readonly missing: readonly string[] };

/**
 * Prepares a data set for training, once for all: every case is looked at, brought on the model's grid and range, and kept as a shard of a cache, which
 * `openCache` opens. Bad cases are set aside with their reasons; `qc.html` and `qc.json` beside the index show them. What is there already is kept where neither the
 * case's files nor the preparation changed, so that a job that was killed goes on, and a second run does nothing.
 *
 * @example
 * const dataset = await openDataset("Task1/brain", { skipIncomplete: true, skipTorn: true });
 * const preparation = await planPreparation({ model: UNet(), backend: wasm() }, dataset);
 * for await (const event of prepareDataset(dataset, { out: "caches/brain", preparation })) show(event);
 *
 * @throws MidashError `invalid-argument` for a cache that was prepared in another way, a shard that can't be, and data of which nothing is good; `io`, `aborted`; `internal` where a
 *   thread dies: what was done is kept
 */
export async function* prepareDataset(
  dataset: Dataset,
  options: PrepareDatasetOptions,
): AsyncGenerator<PrepareEvent> {
  const { out, shard = { n: 1, of: 1 }, signal, plugins = [] } = options;
  const where = { call: "prepareDataset" };
  const { n, of } = shard;
  const own = plugins.some(({ steps, formats }) => steps || formats);
  const workers = own ? 1 : (options.workers ?? availableParallelism());
  assert(
    Number.isInteger(n) && Number.isInteger(of) && n >= 1 && n <= of,
    `there is no shard ${n} of ${of}`,
    {
      where: { ...where, option: "shard" },
      hint: "shards count from 1, e.g. 3/8",
    },
  );
  assert(
    Number.isInteger(workers) && workers >= 1 && workers <= 256,
    `must be a whole number from 1 to 256, got ${workers}`,
    { where: { ...where, option: "workers" } },
  );
  const cases = [...dataset.train, ...dataset.validation, ...dataset.test].sort((a, b) =>
    a.id < b.id ? -1 : 1,
  );
  const made = cases.find(({ variant }) => variant !== undefined);
  assert(made === undefined, "its cases are made anew in each pass, so there is nothing to prepare", {
    where: dataset.name,
    hint: "train on it as it is",
  });
  const preparation = await settledPreparation(out, options.preparation);
  const keyed = await Promise.all(
    cases.map(async (source) => ({ source, key: await keyOf(source, preparation) })),
  );
  const mine = keyed.filter((_, place) => place % of === n - 1);
  const todo: Keyed[] = [];
  for (const one of mine) if (!(await reusable(out, one))) todo.push(one);
  let done = mine.length - todo.length;
  yield { type: "start", cases: mine.length, reused: done };
  const prepare = preparer({ out, dataset, preparation, workers, plugins, signal });
  try {
    for await (const { look } of inParallel(todo, Math.min(workers, todo.length), prepare.one))
      yield { type: "case", id: look.id, good: !isBad(look.findings), done: ++done, total: mine.length };
  } finally {
    await prepare.dispose();
  }
  throwIfAborted(signal);
  const records: CaseRecord[] = [];
  const missing: string[] = [];
  for (const one of keyed) {
    const record = await readRecord(out, one.source.id);
    if (record?.key === one.key && (await isWhole(out, record))) records.push(record);
    else missing.push(one.source.id);
  }
  if (missing.length > 0) yield { type: "waiting", missing };
  else yield { type: "end", ...(await finishCache(out, dataset, records, { preparation, signal })) };
}

interface Keyed {
  readonly source: Case;
  readonly key: string | null;
}

/** Null for a case of which no files are known, and where one is not there: it is looked at in each run. */
async function keyOf(
  { files = {}, patient, centre }: Case,
  preparation: PreparationJson,
): Promise<string | null> {
  const print = Object.keys(files).length > 0 ? await fingerprintOf(files) : undefined;
  if (print === undefined) return null;
  const { inputs, steps } = preparation;
  const whole = JSON.stringify([REVISION, inputs, steps, print, patient, centre]);
  return sha256([new TextEncoder().encode(whole)]);
}

/** Whether what was found before still holds. A file that could not be read may be readable by now. */
async function reusable(out: string, { source, key }: Keyed): Promise<boolean> {
  const record = key === null ? undefined : await readRecord(out, source.id);
  if (record?.key !== key || !record) return false;
  return record.look.findings.every(({ code }) => code !== "unreadable") && isWhole(out, record);
}

/** Whether its shard is there, where it has one. */
async function isWhole(out: string, { entry }: CaseRecord): Promise<boolean> {
  if (!entry) return true;
  const found = await stat(join(out, entry.shard)).catch(() => undefined);
  return found?.size === entry.bytes;
}

/** Prepares cases in threads, or in this one where threads could not: with one worker, and cases that are not of files alone. */
function preparer({
  out,
  dataset: { origin },
  preparation,
  workers,
  plugins,
  signal,
}: {
  readonly out: string;
  readonly dataset: Dataset;
  readonly preparation: PreparationJson;
  readonly workers: number;
  readonly plugins: readonly Plugin[];
  readonly signal: AbortSignal | undefined;
}) {
  const here = new Registry(plugins).preparation(preparation);
  let threads: ThreadPool<PrepareTask> | undefined;
  return {
    async one({ source, key }: Keyed, onFree: () => void): Promise<CaseRecord> {
      throwIfAborted(signal);
      const { id, patient, centre, files } = source;
      if (workers === 1 || !files) return prepareOne(source, here, { out, key, origin, signal });
      threads ??= new ThreadPool("prepare-worker", {
        call: "prepareDataset",
        does: "prepared it",
        without: "use one worker",
      });
      const labels = Object.keys(source.targets ?? {}).filter((name) => name !== "ct");
      const inputs = Object.keys(source.inputs);
      const task = { id, patient, centre, files, inputs, labels, preparation, out, key, origin };
      return (await threads.ask(task, { signal, onFree })) as CaseRecord;
    },
    dispose: async () => threads?.dispose(),
  };
}

/**
 * Results as they come. So many are worked on at once, and as many more may be on their way to the disk: work calls `onFree` when it needs no thread any more.
 * The first that fails ends it.
 */
async function* inParallel<T, R>(
  items: readonly T[],
  count: number,
  work: (item: T, onFree: () => void) => Promise<R>,
): AsyncGenerator<R> {
  const running = new Map<number, Promise<readonly [number, R]>>();
  const busy = new Set<number>();
  let next = 0;
  const start = () => {
    while (next < items.length && busy.size < count && running.size < 2 * count) {
      const n = next++;
      busy.add(n);
      const onFree = () => {
        busy.delete(n);
        start();
      };
      const promise = work(items[n]!, onFree).then((result) => [n, result] as const);
      promise.catch(() => undefined); // another may fail first
      running.set(n, promise);
    }
  };
  start();
  while (running.size > 0) {
    const [n, result] = await Promise.race(running.values());
    running.delete(n);
    busy.delete(n);
    start();
    yield result;
  }
}
