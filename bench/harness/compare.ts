import { MidashError } from "../../src/base/errors/index.ts";
import { type RowResult, type SuiteResult, wasBusy } from "./result.ts";
import type { Spread } from "./spread.ts";

/** A row of this run beside the same row of an earlier one. */
export interface Change {
  readonly id: string;
  /** Time now over time then, by medians; null when the rows can't be compared. */
  readonly time: number | null;
  /** The same for the ratio to the peer, which a slower machine moves less; null when either run had no peer. */
  readonly ratio: number | null;
  readonly verdict: "faster" | "slower" | "within the spread" | "not comparable";
  /** One plain sentence. */
  readonly words: string;
}

/** Two runs of one suite. */
export interface Comparison {
  /** The earlier run's day. */
  readonly date: string;
  /** What differs between the runs besides the code, e.g. the machine. Empty when nothing does. */
  readonly caveats: readonly string[];
  readonly rows: readonly Change[];
}

/**
 * Sets a run beside an earlier one. Two times count as different only when the middle halves of their runs (first to third
 * quartile) do not touch.
 */
export function compareResults(now: SuiteResult, then: SuiteResult): Comparison {
  const before = new Map(then.rows.map((row) => [row.id, row]));
  return {
    date: then.date,
    caveats: caveats(now, then),
    rows: now.rows.map((row) => compareRow(row, before.get(row.id))),
  };
}

function compareRow(now: RowResult, then: RowResult | undefined): Change {
  const unlike = (words: string): Change => ({
    id: now.id,
    time: null,
    ratio: null,
    verdict: "not comparable",
    words,
  });
  if (!then) return unlike("not in the earlier run");
  if (JSON.stringify(now.settings) !== JSON.stringify(then.settings))
    return unlike("settings differ from the earlier run's");
  const [a, b] = [now.ours.ms, then.ours.ms];
  const time = a.median / b.median;
  const ratio = now.ratio && then.ratio ? now.ratio.median / then.ratio.median : null;
  const verdict = touching(a, b) ? "within the spread" : time < 1 ? "faster" : "slower";
  return { id: now.id, time, ratio, verdict, words: `${percent(time)}: ${verdict}` };
}

function touching(a: Spread, b: Spread): boolean {
  return a.q1 <= b.q3 && b.q1 <= a.q3;
}

function percent(factor: number): string {
  const change = 100 * (factor - 1);
  return `${change >= 0 ? "+" : "-"}${Math.abs(change).toFixed(Math.abs(change) < 10 ? 1 : 0)} % time`;
}

function caveats(now: SuiteResult, then: SuiteResult): string[] {
  const out: string[] = [];
  for (const [run, result] of Object.entries({ "this run": now, "the earlier run": then }))
    if (wasBusy(result)) out.push(`${run} was on a busy machine (load ${result.load.toFixed(1)} a core)`);
  const machine = ({ device }: SuiteResult) => `${device.cpu}, ${device.cores} cores`;
  if (machine(now) !== machine(then)) out.push(`the earlier run was on another machine (${machine(then)})`);
  for (const name of Object.keys(now.versions))
    if (then.versions[name] !== undefined && then.versions[name] !== now.versions[name])
      out.push(`${name} was ${then.versions[name]}, is ${now.versions[name]}`);
  return out;
}

/** A stored run, checked as far as {@link compareResults} needs it. @throws MidashError `invalid-file` */
export function parseResult(text: string, suite: string, where: string): SuiteResult {
  const bad = (what: string, cause?: unknown) =>
    new MidashError("invalid-file", what, { where, hint: "give a file that bench wrote", cause });
  let read: Partial<SuiteResult> | null;
  try {
    read = JSON.parse(text) as Partial<SuiteResult> | null;
  } catch (cause) {
    throw bad("is no JSON", cause);
  }
  if (read?.schema !== 1 || !Array.isArray(read.rows) || !read.device || !read.versions)
    throw bad("is no result of a benchmark");
  if (!read.rows.every((row: Partial<RowResult>) => typeof row.ours?.ms?.median === "number"))
    throw bad("holds rows without times");
  if (read.suite !== suite) throw bad(`holds the suite "${read.suite}", not "${suite}"`);
  return read as SuiteResult;
}
