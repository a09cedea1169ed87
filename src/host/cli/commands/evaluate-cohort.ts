import { availableParallelism } from "node:os";
import { basename, join, resolve } from "node:path";
import { assert } from "../../../base/errors/index.ts";
import { valueKinds } from "../../../base/options/index.ts";
import {
  type CohortCase,
  type CohortCaseResult,
  type CohortComparison,
  type CohortGroups,
  type CohortResult,
  cohortCsv,
  cohortJson,
  compareCohorts,
  evaluateCohort,
  groupCohort,
} from "../../../evaluation/cohort/index.ts";
import type { MetricPreset } from "../../../evaluation/metrics/index.ts";
import { dicom } from "../../../imaging/formats/dicom/index.ts";
import { type VolumeFormat, volumeFormats } from "../../../imaging/formats/index.ts";
import type { LeftOutCase } from "../../../road/data/index.ts";
import { caseWorkers, fileRunStore, openCohort, readGroups } from "../../node/index.ts";
import { type Context, DISCLAIMER, Incomplete, Interrupted } from "../command.ts";
import { inFlags } from "../io/in-flags.ts";
import type { Output } from "../io/output.ts";
import { outputFolder } from "../io/outputs.ts";
import { partAsked, whereFilesLie } from "../io/where-files-lie.ts";
import {
  type CohortFlags,
  cohortRecord,
  type Evaluated,
  otherFolders,
  writeResults,
} from "./cohort-files.ts";
import { comparisonTable, groupTable, measureTable, sayFailures } from "./cohort-text.ts";

/** `midash evaluate --predictions DIR --references DIR`. */
export async function evaluateFolders(
  flags: CohortFlags,
  how: {
    readonly preset: MetricPreset;
    readonly dataRange: readonly [number, number] | undefined;
    readonly formats: readonly VolumeFormat[];
  },
  context: Context,
): Promise<void> {
  const { output } = context;
  const { preset, dataRange, formats } = how;
  const folders = [flags.predictions, ...(flags.compare === undefined ? [] : [flags.compare])];
  assert(
    new Set(folders.map((folder) => resolve(folder))).size === folders.length,
    "is the folder of --predictions too",
    { where: "--compare", hint: "give the predictions of another model" },
  );
  assert(!flags.resume || flags.out !== undefined, "there is nothing to resume without --out", {
    where: "--resume",
  });
  assert(
    flags.groupBy === undefined || flags.groups !== undefined,
    "there is nothing to group by without --groups",
    {
      where: "--group-by",
      hint: "give the file",
    },
  );
  const grouping = flags.groups === undefined ? undefined : await readGroups(flags.groups, flags.groupBy);
  const { references, masks, mrs, column } = flags;
  const columns = whereFilesLie("column", column);
  const part = partAsked(flags);
  const opened: (readonly CohortCase[])[] = [];
  const leftOut = new Map<string, LeftOutCase>();
  for (const predictions of folders) {
    const found = await openCohort({ predictions, references, masks, mrs }, { formats, columns, ...part });
    const lacks = (one: CohortCase) => flags.skipIncomplete && one.files?.reference === undefined;
    for (const one of found.filter(lacks)) leftOut.set(one.id, { id: one.id, why: "lacks ct" });
    opened.push(found.filter((one) => !lacks(one)));
  }
  for (const { id, why } of leftOut.values()) output.say(`Left out: ${id} ${why}`);
  const store = flags.out === undefined ? undefined : await outputFolder(flags.out);
  const workers = workersOf(flags, Math.max(...opened.map((cases) => cases.length)), formats);
  const names = namesOf(folders);
  const done: Evaluated[] = [];
  try {
    for (const [n, cases] of opened.entries()) {
      const folder = flags.out === undefined ? undefined : join(flags.out, ...(n > 0 ? ["compare"] : []));
      const one = await evaluateOne(
        { name: names[n]!, predictions: folders[n]! },
        cases,
        { preset, dataRange, folder, workers, resume: flags.resume },
        context,
      );
      done.push(grouping ? { ...one, groups: groupCohort(one.cohort, grouping.groupOf, grouping) } : one);
    }
  } finally {
    await workers?.dispose();
  }
  const [a, b] = done as [Evaluated, Evaluated?];
  const comparison = b && compareCohorts(a.cohort, b.cohort);
  const result = cohortRecord(flags, done, comparison, workers?.size ?? 1, [...leftOut.values()]);
  if (store) await writeResults(store, a, b, comparison, result, otherFolders(flags), context);
  sayResults(done, comparison, context);
  if (flags.out !== undefined) output.say(`In ${flags.out}: ${result.files?.join(", ")}`);
  output.say(DISCLAIMER);
  const bad = done.flatMap(({ cohort, name }) =>
    sayFailures(cohort.cases, done.length > 1 ? name : "", output),
  );
  output.result(JSON.parse(cohortJson(result)) as object);
  if (bad.length > 0)
    throw new Incomplete(
      `${bad.length} of ${done.reduce((n, one) => n + one.cases.length, 0)} cases are not whole: ${bad.join(", ")}`,
    );
}

async function evaluateOne(
  model: Pick<Evaluated, "name" | "predictions">,
  cases: readonly CohortCase[],
  options: {
    readonly preset: MetricPreset;
    readonly dataRange: readonly [number, number] | undefined;
    readonly folder: string | undefined;
    readonly workers: ReturnType<typeof caseWorkers> | undefined;
    readonly resume: boolean | undefined;
  },
  { output, signal }: Context,
): Promise<Evaluated> {
  const { folder, resume = false, ...how } = options;
  const csv = folder === undefined ? undefined : fileRunStore(folder);
  const store = folder === undefined ? undefined : fileRunStore(join(folder, "cases"));
  const results: CohortCaseResult[] = [];
  let reused = 0;
  let cohort: CohortResult | undefined;
  const bar = output.progress(model.name);
  bar.update(0, cases.length);
  try {
    for await (const event of evaluateCohort(cases, { ...how, store, resume, signal })) {
      if (event.type === "end") {
        cohort = event.cohort;
        continue;
      }
      results.push(event.result);
      if (event.reused) reused++;
      bar.update(event.done, event.total, event.result.id);
      await csv?.write("cases.csv", new TextEncoder().encode(cohortCsv(inOrder(results))));
    }
  } catch (error) {
    bar.stop();
    if (signal.aborted && folder !== undefined)
      throw new Interrupted(
        `interrupted after ${results.length} of ${cases.length} cases of ${model.name}; go on with --resume`,
      );
    sayFailures(results, "", output);
    throw error;
  }
  bar.stop();
  return { ...model, cases, cohort: cohort!, reused };
}

/** Results come in any order; files hold them in the order of the ids. */
function inOrder(results: readonly CohortCaseResult[]): CohortCaseResult[] {
  return [...results].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** No workers for one thread: then the cases are evaluated here. Threads know the formats of the package alone. */
function workersOf(
  { workers }: CohortFlags,
  cases: number,
  formats: readonly VolumeFormat[],
): ReturnType<typeof caseWorkers> | undefined {
  const shipped: readonly VolumeFormat[] = [...volumeFormats, dicom];
  const own = formats.filter((format) => !shipped.some(({ name }) => name === format.name));
  const asked =
    workers === undefined
      ? availableParallelism()
      : valueKinds.integer({ min: 1, max: 256 }).read(workers, "--workers");
  assert(
    workers === undefined || asked === 1 || own.length === 0,
    `the format ${own[0]?.name} of a plugin is read by one thread alone`,
    { where: "--workers", hint: "leave it out" },
  );
  const count = own.length > 0 ? 1 : Math.min(asked, cases);
  return count > 1 ? caseWorkers({ count }) : undefined;
}

/** The folders' last parts, where these differ. */
function namesOf(folders: readonly string[]): string[] {
  const short = folders.map((folder) => basename(resolve(folder)));
  return new Set(short).size === short.length ? short : [...folders];
}

function sayGroups(groups: CohortGroups, output: Output): void {
  output.say();
  output.table(...groupTable(groups));
  const { without } = groups;
  if (without.length > 0) output.say(`In no group: ${without.join(", ")}`);
}

function sayResults(
  done: readonly Evaluated[],
  comparison: CohortComparison | undefined,
  { output }: Context,
): void {
  const [{ cohort }] = done as [Evaluated];
  output.say(`${cohort.preset}${cohort.simulated ? ", simulated images" : ""}; counted: ${cohort.maskRule}`);
  for (const one of done) {
    const reused = one.reused > 0 ? `, ${one.reused} of them from before` : "";
    output.say(`\n${one.name}: ${one.cohort.scored.length} of ${one.cases.length} cases${reused}`);
    output.table(...measureTable(one.cohort));
    if (one.groups) sayGroups(one.groups, output);
    for (const { id, warnings = [] } of one.cohort.scored)
      for (const warning of warnings) output.say(`Warning: ${id}: ${inFlags(warning)}`);
  }
  if (!comparison) return;
  const [a, b] = done as [Evaluated, Evaluated];
  output.say(`\n${a.name} (a) against ${b.name} (b), the same ${comparison.ids.length} cases`);
  output.table(...comparisonTable(comparison));
  output.say("p: Wilcoxon's signed-rank test, two-sided, not corrected for the number of measures");
}
