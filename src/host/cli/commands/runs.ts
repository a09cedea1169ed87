import { type AddCommand, type Context, examples, JSON_OPTION } from "../command.ts";
import { findRuns } from "../runs/find-runs.ts";
import { differing, factsOf, type RunFacts } from "../runs/run-facts.ts";
import { clock } from "../watch/pace.ts";

interface RunsOptions {
  readonly json?: boolean;
}

export const addRuns: AddCommand = (program, context) => {
  program
    .command("runs")
    .summary("list the runs of a folder, and compare them")
    .description(
      "Lists the runs in a folder and below it: whether they are going, done, stopped or failed, their epochs, best validation, time and seed, and the settings in which they differ.",
    )
    .argument("<dir>", "a folder with runs of train, folds, or the trials of a sweep")
    .option(...JSON_OPTION)
    .addHelpText(
      "after",
      examples(
        ["runs runs", "all runs below the folder runs"],
        ["runs sweeps/one --json", "the same for programs, with all settings"],
      ),
    )
    .action((dir: string, options: RunsOptions) => runs(dir, context(options)));
};

async function runs(dir: string, { output }: Context): Promise<void> {
  const found = await Promise.all((await findRuns(dir)).map((run) => factsOf(dir, run)));
  const columns = differing(found).filter((key) => key !== "seed");
  if (found.length === 0) output.say(`No runs in ${dir}`);
  else
    output.table(
      ["run", "state", "epochs", "best", "at", "time", "seed", ...columns],
      found.map((one) => [...rowOf(one), ...columns.map((key) => textOf(one.settings[key]))]),
    );
  for (const { run, problem } of found) if (problem !== undefined) output.say(`${run} failed: ${problem}`);
  output.result({ command: "runs", folder: dir, differ: columns, runs: found });
}

function rowOf({ run, state, epochs, of, best, seconds, settings }: RunFacts): readonly string[] {
  return [
    run,
    state,
    of === null ? (epochs > 0 ? String(epochs) : "-") : `${epochs}/${of}`,
    best ? `${best.name} ${best.value.toPrecision(4)}${best.unit && ` ${best.unit}`}` : "-",
    best?.epoch ? String(best.epoch) : "-",
    seconds > 0 ? clock(seconds) : "-",
    textOf(settings.seed ?? 0),
  ];
}

/** Letters of a value that a column still bears. */
const LONG = 24;

function textOf(value: unknown): string {
  if (value === undefined) return "-";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return text.length > LONG ? `${text.slice(0, LONG - 1)}…` : text;
}
