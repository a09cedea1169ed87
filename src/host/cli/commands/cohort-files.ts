import {
  type CohortCase,
  type CohortComparison,
  type CohortGroups,
  type CohortResult,
  cohortJson,
} from "../../../evaluation/cohort/index.ts";
import { cohortReportHtml } from "../../../evaluation/report/index.ts";
import { reorient, sameGrid } from "../../../imaging/volume/index.ts";
import type { LeftOutCase } from "../../../road/data/index.ts";
import type { RunStore } from "../../../road/training/index.ts";
import { type Context, DISCLAIMER } from "../command.ts";
import { inFlags } from "../io/in-flags.ts";
import { REPORT, VERSIONS } from "../io/report.ts";
import type { PartFlags } from "../io/where-files-lie.ts";

/** What `midash evaluate` is given of a cohort. */
export interface CohortFlags extends PartFlags {
  readonly predictions: string;
  readonly references: string;
  readonly masks?: string;
  readonly mrs?: string;
  readonly compare?: string;
  /** Of a table of references. */
  readonly column?: readonly string[];
  /** Cases without a CT are left out. */
  readonly skipIncomplete?: boolean;
  readonly groups?: string;
  readonly groupBy?: string;
  readonly out?: string;
  readonly workers?: string;
  readonly resume?: boolean;
}

/** One model's cases and what became of them. */
export interface Evaluated {
  readonly name: string;
  /** Where its predictions lie. */
  readonly predictions: string;
  readonly cases: readonly CohortCase[];
  readonly cohort: CohortResult;
  readonly groups?: CohortGroups;
  readonly reused: number;
}

/** What `--json` and cohort.json say. */
export function cohortRecord(
  flags: CohortFlags,
  done: readonly Evaluated[],
  comparison: CohortComparison | undefined,
  workers: number,
  leftOut: readonly LeftOutCase[],
) {
  const models = done.map(({ name, cohort, groups, reused }) => ({
    name,
    scored: cohort.scored.length,
    failed: cohort.failed.map(({ id, kind, reason }) => ({ id, kind, reason })),
    notes: cohort.scored.flatMap(({ id, note }) => (note === undefined ? [] : [{ id, note }])),
    ...warningsOf(cohort),
    reused,
    measures: cohort.measures,
    ...(groups ? { groups } : {}),
  }));
  const [first] = done as [Evaluated];
  const { out, predictions, references, masks, mrs, compare, part, split } = flags;
  const extra = comparison ? ["compare/cases.csv", "compare/cases"] : [];
  return {
    command: "evaluate",
    simulated: done.some(({ cohort }) => cohort.simulated),
    preset: first.cohort.preset,
    maskRule: first.cohort.maskRule,
    ...{ predictions, references, masks, mrs, compare, part, split, workers },
    ...(leftOut.length > 0 ? { leftOut } : {}),
    ...models[0]!,
    ...(models[1] ? { compared: models[1] } : {}),
    ...(comparison ? { comparison } : {}),
    ...(out === undefined ? {} : { out, files: [REPORT, "cohort.json", "cases.csv", "cases", ...extra] }),
  };
}

/** By case; nothing where there is none. */
function warningsOf({ scored }: CohortResult) {
  const warnings = scored.flatMap(({ id, warnings = [] }) =>
    warnings.map((one) => ({ id, warning: inFlags(one) })),
  );
  return warnings.length > 0 ? { warnings } : {};
}

/** Where all else lies, for the report. */
export function otherFolders({ references, masks, mrs, part, split }: CohortFlags): Record<string, string> {
  return {
    References: references,
    Masks: masks ?? "none",
    ...(mrs === undefined ? {} : { MR: mrs }),
    ...(part === undefined ? {} : { Part: split === undefined ? part : `${part} of ${split}` }),
  };
}

/** Writes cohort.json and the report. */
export async function writeResults(
  store: RunStore,
  a: Evaluated,
  b: Evaluated | undefined,
  comparison: CohortComparison | undefined,
  result: object,
  about: Readonly<Record<string, string>>,
  context: Context,
): Promise<void> {
  const json = cohortJson({ schema: 1, note: DISCLAIMER, ...result }, 2);
  await store.write("cohort.json", new TextEncoder().encode(`${json}\n`));
  const byId = new Map(a.cases.map((one) => [one.id, one]));
  const facts = { Predictions: a.predictions, ...(b ? { "Compared with": b.predictions } : {}), ...about };
  const bar = context.output.progress("report");
  const text = await cohortReportHtml(
    {
      title: "midash evaluate",
      facts: { ...facts, Versions: VERSIONS },
      models: [a, b],
      comparison,
      groups: [a, b].flatMap((one) => (one?.groups ? [{ name: one.name, groups: one.groups }] : [])),
      volumes: (id, signal) => volumesOf(byId.get(id)!, signal),
    },
    {
      signal: context.signal,
      onProgress: ({ done, total }) => bar.update(done, total, "pictures"),
    },
  ).finally(() => bar.stop());
  await store.write(REPORT, new TextEncoder().encode(text));
}

/** The files of a case, read once more. An MR that could not be used was reported before. */
async function volumesOf(source: CohortCase, signal: AbortSignal | undefined) {
  const ct = await source.reference.load(signal);
  const mr = await source.mr?.load(signal).catch(() => undefined);
  return {
    sct: await source.prediction.load(signal),
    ct,
    ...(mr && sameGrid(reorient(mr), reorient(ct)) ? { mr } : {}),
  };
}
