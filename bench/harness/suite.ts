import type { CacheFolder } from "./cache-folder.ts";

/** Settings of a row: the same JSON goes to our side and to the peer's. */
export type Settings = Readonly<Record<string, string | number | boolean | readonly number[]>>;

/** `full` is what is measured and stored; `small` tries the harness in seconds and measures nothing. */
export type SuiteSize = "full" | "small";

/** One line of a suite's table: one piece of work, ours and a named peer's. */
export interface Row {
  /** Kebab-case, unique in its suite. */
  readonly id: string;
  /** For people. */
  readonly what: string;
  readonly settings: Settings;
  /** What it is compared with, e.g. "PyTorch, 2 threads". */
  readonly peer: string;
  /** The file in `bench/peers` that runs it. Default: `SUITE.py`, by Python; one that ends in `.mjs` is run by this Node. */
  readonly peerScript?: string;
  /** Measured runs, and runs before them that are thrown away. */
  readonly runs: number;
  readonly warmUp: number;
  /**
   * Both sides report numbers of what they computed; their relative difference may be this large. Without it nothing is
   * compared. A row over its tolerance fails: two programs that do different work have no ratio.
   */
  readonly tolerance?: number;
  /** How often the work is done for one whole volume, when the rows are its steps. */
  readonly perVolume?: number;
}

/** Our side of a row, ready to run. */
export interface Task {
  /** The timed work. */
  work(): unknown;
  /** Numbers of the last result, for the comparison with the peer's; not timed. */
  values?(): Readonly<Record<string, number>>;
  /** Asked once, after the last run; what it gives is stored with the row. */
  details?(): Promise<object>;
  /** Versions of packages that took part. */
  readonly versions?: Readonly<Record<string, string>>;
}

/** A set of rows that are measured together. */
export interface Suite {
  readonly name: string;
  readonly summary: string;
  rows(size: SuiteSize): readonly Row[];
  /** Writes what rows read, where it is absent. Not timed. */
  prepare(rows: readonly Row[], cache: CacheFolder, signal?: AbortSignal): Promise<void>;
  /** Our side of one row. Runs in a process of its own. */
  task(row: Row["id"], settings: Settings, cache: CacheFolder): Promise<Task>;
}
