import { join } from "node:path";
import { assert } from "../../../base/errors/index.ts";
import { valueKinds } from "../../../base/options/index.ts";
import type { Dataset } from "../../../road/data/index.ts";
import { type SweepConfig, TRAIN_OPTIONS, TRAINER_OPTIONS } from "../../../road/training/index.ts";
import { fileRunStore } from "../../node/index.ts";
import { jsonBytes, type TrainSettings, trainerValues } from "../../runs/index.ts";
import { type Context, DISCLAIMER } from "../command.ts";
import { inShard, type Shard } from "../io/shard.ts";
import { checkCases } from "../train/check-cases.ts";
import type { RunSetup } from "../train/run-setup.ts";
import { type Layer, settingsOf } from "../train/train-settings.ts";
import { datasetOf, plannedTrainer } from "../train/training-plan.ts";
import { plural } from "../train/watch-training.ts";
import type { LivePage } from "../watch/live-page.ts";
import { ranked, roundsOf } from "./rounds.ts";
import { type Axis, type Candidate, drawnOf, gridOf } from "./space.ts";
import { hasEnough, lookAt, runTrial, type Trial } from "./trial.ts";

/** All trials by rank, and what they were. */
const SWEEP = "sweep.json";
/** The settings of the best: a config for `train`. */
const BEST = "best.json";

/** A search. */
export interface SweepTask {
  readonly data: string;
  readonly out: string;
  readonly axes: readonly Axis[];
  readonly how: Omit<SweepConfig, "vary">;
  readonly shard: Shard;
  /** The page that shows the trial that goes. Default: none. */
  readonly page?: LivePage;
  readonly setup: RunSetup;
  /** Of everything but what is varied. */
  readonly layers: readonly Layer[];
}

/**
 * Trains each combination in a folder of its own, ranks them by validation, and writes the table and the best settings. Done trials are left as they are, begun ones go on.
 * The test part is not looked at: who chooses by it has none left.
 *
 * @returns the table, for `--json`
 */
export async function sweep(task: SweepTask, context: Context): Promise<object> {
  const { out, axes, shard, setup, how, page } = task;
  const { output } = context;
  const trials = trialsOf(task);
  const better = betterOf(trials[0]!.settings, setup);
  const first = trials[0]!.settings.epochs ?? TRAIN_OPTIONS.epochs.default;
  const halving = how.search === "halving";
  if (halving) for (const { settings } of trials) assertMayGrow(settings, setup);
  const rounds = halving
    ? roundsOf(trials.length, { epochs: first, minEpochs: how.minEpochs ?? 1, keepOneIn: how.keepOneIn ?? 3 })
    : [undefined];
  const datasets = new Datasets(task, context);
  output.say(`${plural(trials.length, "trial")} of ${axes.map(({ key }) => key).join(", ")} in ${out}`);
  let going: readonly Trial[] = trials;
  for (const [n, round] of rounds.entries()) {
    const enough = (trial: Trial) => round?.epochs ?? trial.settings.epochs ?? TRAIN_OPTIONS.epochs.default;
    if (round) {
      const results = await Promise.all(going.map(lookAt));
      going = n === 0 ? going : ranked(results, better).slice(0, round.trials);
      output.say(
        `Round ${n + 1} of ${rounds.length}: ${plural(going.length, "trial")} to ${plural(round.epochs, "epoch")}`,
      );
    }
    for (const trial of going) {
      if (!inShard(shard, trial.number - 1)) continue;
      if (await hasEnough(trial, enough(trial))) continue;
      output.say();
      output.say(`Trial ${trial.number}: ${shown(trial.values)}, in ${trial.folder}`);
      const dataset = await datasets.of(trial.settings);
      if (!(await runTrial(trial, enough(trial), { dataset, setup, page }, context)))
        return report(task, trials, better, context);
    }
    const open: number[] = [];
    for (const trial of going) if (!(await hasEnough(trial, enough(trial)))) open.push(trial.number);
    if (open.length > 0) {
      output.say(
        `Trial ${open.join(", ")} is left to other jobs${round && n + 1 < rounds.length ? "; run this again when they are done, for the next round" : ""}`,
      );
      break;
    }
  }
  return report(task, trials, better, context);
}

async function report(
  { out, axes, how, setup }: SweepTask,
  trials: readonly Trial[],
  better: "lower" | "higher",
  { output }: Context,
): Promise<object> {
  const results = ranked(await Promise.all(trials.map(lookAt)), better);
  const keys = axes.map(({ key }) => key);
  const metric = results.find((one) => one.metric)?.metric;
  const [best] = results;
  const table = {
    command: "sweep",
    search: how.search ?? "grid",
    metric: metric ?? null,
    better,
    vary: Object.fromEntries(axes.map(({ key, tried }) => [key, tried])),
    best: best?.value === undefined ? null : best.number,
    trials: results.map(({ number, folder, values, state, value, epochs, seconds }) => ({
      trial: number,
      folder,
      values,
      state,
      validation: value ?? null,
      epochs,
      seconds,
    })),
    out,
  };
  const store = fileRunStore(out);
  await store.write(SWEEP, jsonBytes({ ...table, schema: 1, note: DISCLAIMER }));
  output.say();
  output.table(
    [
      "rank",
      "trial",
      ...keys,
      metric ? `validation ${metric.name}${metric.unit && `, ${metric.unit}`}` : "validation",
      "epochs",
      "state",
    ],
    results.map((one, n) => [
      String(n + 1),
      String(one.number),
      ...keys.map((key) => textOf(one.values[key])),
      one.value?.toPrecision(5) ?? "-",
      String(one.epochs),
      one.state,
    ]),
  );
  if (best?.value !== undefined) {
    const plugins = setup.plugins.map(({ name }) => name);
    await store.write(BEST, jsonBytes({ ...(plugins.length > 0 ? { plugins } : {}), train: best.settings }));
    output.say(
      `Best: trial ${best.number}. Its settings are in ${join(out, BEST)}: train DATA --out RUN --config ${join(out, BEST)}`,
    );
  }
  output.say(DISCLAIMER);
  return table;
}

/** Every trial with its settings, all of which are read before the first is trained. */
function trialsOf({ out, axes, how, setup, layers }: SweepTask): readonly Trial[] {
  const { search = "grid", trials } = how;
  const base = settingsOf(layers, setup.registry);
  const drawn = search === "random" || (search === "halving" && trials !== undefined);
  const seed = base.seed ?? TRAINER_OPTIONS.seed.default;
  assert(
    drawn || trials === undefined,
    "is for random search and halving: a grid has as many as there are combinations",
    { where: "--trials" },
  );
  const candidates = drawn ? drawnOf(axes, trials ?? 10, seed) : gridOf(axes);
  const width = String(candidates.length).length;
  return candidates.map((given, n) => {
    const settings = settingsOf([...layers, layerOf(given)], setup.registry);
    const read = (key: string) =>
      isSetting(key) ? settings[key as keyof TrainSettings] : settings.modelOptions[key];
    return {
      number: n + 1,
      folder: join(out, `trial-${String(n + 1).padStart(width, "0")}`),
      values: Object.fromEntries(Object.keys(given).map((key) => [key, read(key)])),
      settings,
    };
  });
}

/** What is none is an option of the model. */
function isSetting(key: string): boolean {
  return key === "model" || Object.hasOwn(TRAIN_OPTIONS, key);
}

/** A combination as a layer of settings. */
function layerOf(values: Candidate): Layer {
  const entries = Object.entries(values);
  const modelOptions = Object.fromEntries(entries.filter(([key]) => !isSetting(key)));
  return {
    train: { ...Object.fromEntries(entries.filter(([key]) => isSetting(key))), modelOptions },
    nameOf: (path) => `--vary ${path.replace(/^modelOptions\./, "")}`,
  };
}

function betterOf(settings: TrainSettings, { registry }: RunSetup): "lower" | "higher" {
  return trainerValues({ ...settings }, registry).metric?.better ?? "lower";
}

/** Trials go on for more epochs than they began with. */
function assertMayGrow(settings: TrainSettings, { registry }: RunSetup): void {
  const { resume } = TRAINER_OPTIONS.epochs;
  const defaults = Object.fromEntries(
    Object.entries(TRAINER_OPTIONS).map(([key, option]) => [key, option.default]),
  );
  const ends = resume({ ...defaults, ...trainerValues({ ...settings }, registry) });
  assert(!ends, "ends with the run, so a trial of few epochs can't go on for more", {
    where: { option: "schedule" },
    hint: "halving needs one that doesn't, such as constant; or search by grid or random",
  });
}

function shown(values: Candidate): string {
  return Object.entries(values)
    .map(([key, value]) => `${key} ${textOf(value)}`)
    .join(", ");
}

function textOf(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Data sets by the settings that decide them: most sweeps have one. Each is looked at once. */
class Datasets {
  readonly #known = new Map<string, Dataset>();
  readonly #task: SweepTask;
  readonly #context: Context;

  constructor(task: SweepTask, context: Context) {
    this.#task = task;
    this.#context = context;
  }

  async of(settings: TrainSettings): Promise<Dataset> {
    const key = JSON.stringify(Object.entries(settings).filter(([name]) => !LEARNING.has(name)));
    const known = this.#known.get(key);
    if (known) return known;
    const { data, setup } = this.#task;
    const dataset = await datasetOf(data, settings, setup.registry);
    const { seen } = plannedTrainer(settings, dataset, setup);
    await checkCases(dataset, seen, { ...this.#context, title: "checking cases" });
    this.#known.set(key, dataset);
    return dataset;
  }
}

/** Settings that no data set depends on. */
const LEARNING: ReadonlySet<string> = new Set(
  Object.entries(TRAIN_OPTIONS)
    .filter(([key, { group }]) => group === "Training:" && key !== "seed")
    .map(([key]) => key),
);

/** Reads the flags of the search. @throws MidashError `invalid-argument` */
export function howOf(
  given: {
    readonly search?: string;
    readonly trials?: string;
    readonly minEpochs?: string;
    readonly keepOneIn?: string;
  },
  { vary: _, ...config }: SweepConfig,
): Omit<SweepConfig, "vary"> {
  const whole = (text: unknown, min: number, where: string) =>
    text === undefined ? undefined : valueKinds.integer({ min }).read(text, where);
  const search = given.search ?? config.search ?? "grid";
  return {
    search: valueKinds.choice(["grid", "random", "halving"]).read(search, "--search"),
    trials: whole(given.trials ?? config.trials, 1, "--trials"),
    minEpochs: whole(given.minEpochs ?? config.minEpochs, 1, "--min-epochs"),
    keepOneIn: whole(given.keepOneIn ?? config.keepOneIn, 2, "--keep-one-in"),
  };
}
