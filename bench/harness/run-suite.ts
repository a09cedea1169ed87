import { throwIfAborted } from "../../src/base/errors/index.ts";
import type { CacheFolder } from "./cache-folder.ts";
import { loadNow, thisDevice } from "./device.ts";
import type { RowResult, SuiteResult } from "./result.ts";
import { runRow, type Sides } from "./run-row.ts";
import type { Row, Suite, SuiteSize } from "./suite.ts";

/** Options of {@link runSuite}. */
export interface RunSuiteOptions {
  /** Default `full`. */
  readonly size?: SuiteSize;
  /** Measured runs of every row. Default: each row's own number. */
  readonly runs?: number;
  /** Ids of rows to measure. Default: all. */
  readonly only?: readonly string[];
  readonly cache: CacheFolder;
  /** How both sides of a row start. */
  readonly sides: (row: Row) => Sides;
  /** Versions that are known beforehand. */
  readonly versions?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: RunProgress) => void;
  /** Called when a row is done. */
  readonly onRow?: (row: RowResult) => void;
}

/** Which row is being measured and how far it is. */
export interface RunProgress {
  readonly row: string;
  readonly done: number;
  readonly total: number;
}

/**
 * Measures the rows of a suite one after the other, each side in a process of its own.
 *
 * @throws MidashError `internal` when a row of ours fails, `io` when the inputs can't be written, `aborted`
 */
export async function runSuite(suite: Suite, options: RunSuiteOptions): Promise<SuiteResult> {
  const { size = "full", runs, only, cache, sides, signal, onProgress, onRow } = options;
  const rows = suite
    .rows(size)
    .filter(({ id }) => only === undefined || only.includes(id))
    .map((row) => (runs === undefined ? row : { ...row, runs }));
  onProgress?.({ row: "inputs", done: 0, total: 1 });
  const load = loadNow();
  await suite.prepare(rows, cache, signal);
  let versions = { node: process.version, ...options.versions };
  const results: RowResult[] = [];
  for (const row of rows) {
    throwIfAborted(signal);
    const ran = await runRow(row, sides(row), {
      signal,
      onProgress: (progress) => onProgress?.({ row: row.id, ...progress }),
    });
    versions = { ...versions, ...ran.versions };
    results.push(ran.result);
    onRow?.(ran.result);
  }
  return {
    schema: 1,
    suite: suite.name,
    size,
    date: new Date().toISOString().slice(0, 10),
    device: thisDevice(),
    load,
    versions,
    rows: results,
  };
}
