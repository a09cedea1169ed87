import { assert } from "../../../base/errors/index.ts";
import { valueKinds } from "../../../base/options/index.ts";
import type { MetricPreset } from "../../../evaluation/metrics/index.ts";
import {
  findMrs,
  type ProcessEvent,
  type ProcessPlan,
  type ProcessSummary,
  processCases,
  writeSummary,
} from "../../node/index.ts";
import {
  type AddCommand,
  type Context,
  DISCLAIMER,
  examples,
  Incomplete,
  Interrupted,
  JSON_OPTION,
} from "../command.ts";
import { caseProgress } from "../io/case-progress.ts";
import { inFlags } from "../io/in-flags.ts";
import { assertInputThere, collect } from "../io/inputs.ts";
import { assertWritableFolder } from "../io/outputs.ts";
import { CONFIG_OPTIONS, type ConfigOptions, setupOf } from "../io/setup.ts";
import { SHARD_OPTION, shardOf } from "../io/shard.ts";
import {
  COLUMN_OPTION,
  PART_OPTIONS,
  PATTERN_OPTION,
  type PartFlags,
  partAsked,
  whereFilesLie,
} from "../io/where-files-lie.ts";
import { SCT_OPTIONS, type SctFlags, sctPlanOf } from "../synthesis/sct-plan.ts";
import { plural } from "../train/watch-training.ts";
import { PRESETS } from "./evaluate.ts";

interface ProcessFlags extends ConfigOptions, PartFlags, SctFlags {
  readonly out: string;
  readonly classify?: boolean;
  readonly preset: string;
  readonly report?: boolean;
  readonly format?: string;
  readonly pattern?: readonly string[];
  readonly column?: readonly string[];
  readonly shard?: string;
  readonly workers?: string;
  readonly retry?: boolean;
  readonly summary?: boolean;
  readonly json?: boolean;
}

const NONE = "none";

export const addProcess: AddCommand = (program, context) => {
  const command = program
    .command("process")
    .summary("do all that there is to do to many cases")
    .description(
      "Makes a synthetic CT of every case, measures it against the CT where the case has one, and on demand classifies it and reports on it: in processes of their own, of which each may die.\n\n" +
        "Each case becomes a folder <dir>/cases/<id>, whole or not at all, with record.json: inputs, plan, model, version, engine, and the SHA-256 of each file. What is there and fits is left " +
        "alone; a case whose files, plan or model changed is made anew. So the same command goes on after whatever happened, and several (--shard) may write into one folder. Failures are in " +
        "<dir>/failed with their reasons; summary.json and summary.csv list all. A case whose process dies is begun once more, then set aside until --retry.\n\n" +
        "Ctrl-C, or SIGTERM, finishes the cases that run and ends; a second one ends at once. Exit code: 0 when all is done, 2 when cases failed by their input alone, 1 when any failed by a " +
        "fault of midash, 130 or 143 when it was interrupted.",
    )
    .usage("<cases> --out <dir> [options]")
    .argument("<cases>", "the cases, as synthesize takes them: a folder, or a table of files")
    .requiredOption("--out <dir>", "folder of the results");
  for (const [flags, about, read] of SCT_OPTIONS)
    read ? command.option(flags, about, read) : command.option(flags, about);
  command
    .option("--format <extension>", "how volumes are written (default: nii.gz)")
    .option("--classify", "also write density classes of the synthetic CT")
    .option(
      "--preset <name>",
      `how cases that have a CT are measured: ${PRESETS.join(", ")}, or ${NONE}`,
      "synthrad2023",
    )
    .option("--report", "also write report.html of each case")
    .option(...PATTERN_OPTION, collect)
    .option(...COLUMN_OPTION, collect)
    .option(...PART_OPTIONS[0])
    .option(...PART_OPTIONS[1])
    .option(...SHARD_OPTION)
    .option(
      "--workers <n>",
      "processes, each with the models and a case in memory; one uses all cores already (default: 1)",
    )
    .option("--retry", "try cases again that were set aside")
    .option("--summary", "do nothing, and write the summary of what is there")
    .option(...CONFIG_OPTIONS[0])
    .option(...CONFIG_OPTIONS[1])
    .option(...JSON_OPTION)
    .addHelpText(
      "after",
      examples(
        ["process cohort/ --out results --labels --report", "every MR of a folder, by the model of heads"],
        [
          "process Task1/brain --out results --model run/model.safetensors --workers 2",
          "with a model of one's own, measured against the CTs",
        ],
        ["process cohort/ --out results --shard 3/8", "the third of eight jobs, e.g. of a Slurm array"],
        ["process cohort/ --out results --summary", "how far all jobs are"],
      ),
    )
    .action((cases: string, flags: ProcessFlags) => processCohort(cases, flags, context(flags)));
};

async function processCohort(input: string, flags: ProcessFlags, context: Context): Promise<void> {
  const { output, signal } = context;
  const { out } = flags;
  const started = performance.now();
  const { index, count } = shardOf(flags.shard);
  const workers =
    flags.workers === undefined
      ? undefined
      : valueKinds.integer({ min: 1, max: 256 }).read(flags.workers, "--workers");
  const plan: ProcessPlan = {
    ...sctPlanOf(flags),
    format: flags.format?.replace(/^\./, ""),
    classify: flags.classify,
    preset:
      flags.preset === NONE ? false : valueKinds.choice<MetricPreset>(PRESETS).read(flags.preset, "--preset"),
    report: flags.report,
  };
  const { plugins, registry } = await setupOf(flags);
  await assertInputThere(input);
  await assertWritableFolder(out);
  const cases = await findMrs(input, {
    formats: registry.formats,
    pattern: whereFilesLie("pattern", flags.pattern),
    columns: whereFilesLie("column", flags.column),
    ...partAsked(flags),
  });
  assert(cases.length > 0, "holds no cases", {
    where: input,
    hint: "give a folder of cases or a table; for one MR there is synthesize",
  });
  const ids = cases.map(({ id }) => id);
  if (flags.summary) return end(await writeSummary(out, ids), { out, started }, context);
  const bar = output.progress("processing");
  const progress = caseProgress(bar);
  const tally = { made: 0, there: 0 };
  const told = new Set<string>();
  const show = (event: ProcessEvent) => {
    if (event.type === "start") {
      tally.there = event.there;
      progress.start(event.there + event.setAside, event.cases);
    } else if (event.type === "again") output.say(`${event.id}: ${event.why}; it is begun once more`);
    else if (event.type === "case") {
      if (event.status === "made") tally.made++;
      if (event.status === "there") tally.there++;
      if (event.status === "failed") {
        output.say(`${event.id}: ${reasonOf(event.record)}`);
        told.add(event.id);
      }
      progress.done(event.done, event.total, event.id);
    }
  };
  const shard = { n: index + 1, of: count };
  try {
    for await (const event of processCases(cases, plan, {
      ...{ out, shard, workers, plugins, drain: signal },
      retry: flags.retry,
    }))
      show(event);
  } catch (error) {
    if (!signal.aborted) throw error;
    await writeSummary(out, ids);
    throw new Interrupted(
      `interrupted; ${plural(tally.made + tally.there, "case")} done and kept, the same command goes on`,
      { cause: error },
    );
  } finally {
    bar.stop();
  }
  const mine = new Set([...ids].sort().filter((_, n) => n % count === index));
  return end(await writeSummary(out, ids), { out, started, tally, mine, told }, context);
}

/** Says what there is; ends with the code of what this job's cases lack. */
function end(
  summary: ProcessSummary,
  how: {
    readonly out: string;
    readonly started: number;
    readonly tally?: { readonly made: number; readonly there: number };
    readonly mine?: ReadonlySet<string>;
    /** Cases whose failures were said as they came. */
    readonly told?: ReadonlySet<string>;
  },
  { output }: Context,
): void {
  const { done, failed, setAside, pending } = summary;
  const { out, started, tally, mine, told } = how;
  const now = tally ? ` (${tally.made} made now, ${tally.there} there before)` : "";
  for (const { id, reason } of [...failed, ...setAside])
    if ((!mine || mine.has(id)) && !told?.has(id)) output.say(`${id}: ${reason}`);
  output.say(
    `${out}: ${plural(done.length, "case")} done${now}, ${failed.length} failed, ${setAside.length} set aside, ${pending.length} to come; summary.csv lists them`,
  );
  output.say(DISCLAIMER);
  const seconds = (performance.now() - started) / 1000;
  output.result({ command: "process", note: DISCLAIMER, out, ...tally, seconds, ...summary });
  const lacking = [...failed, ...setAside].filter(({ id }) => mine?.has(id));
  if (lacking.length > 0)
    throw new Incomplete(
      `${plural(lacking.length, "case")} failed: ${lacking.map(({ id }) => id).join(", ")}`,
      { ours: lacking.some(({ kind }) => kind === "internal") },
    );
}

function reasonOf({ error }: { readonly error: Parameters<typeof inFlags>[0] }): string {
  return inFlags(error);
}
