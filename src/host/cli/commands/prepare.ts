import { assert, fail, isUserError } from "../../../base/errors/index.ts";
import { valueKinds } from "../../../base/options/index.ts";
import { isBad } from "../../../evaluation/quality/index.ts";
import { Dataset } from "../../../road/data/index.ts";
import type { Preparation } from "../../../road/preparation/index.ts";
import { planPreparation, TRAIN_OPTIONS } from "../../../road/training/index.ts";
import { isCache, type PrepareEvent, prepareDataset } from "../../node/index.ts";
import type { TrainSettings } from "../../runs/index.ts";
import { type AddCommand, type Context, DISCLAIMER, examples, Interrupted, JSON_OPTION } from "../command.ts";
import { caseProgress } from "../io/case-progress.ts";
import { assertWritableFolder } from "../io/outputs.ts";
import { CONFIG_OPTIONS } from "../io/setup.ts";
import { SHARD_OPTION, shardOf } from "../io/shard.ts";
import { type Layer, layerOfOptions, settingsOf, whereItStands } from "../train/train-settings.ts";
import { type TrainingCommand, trainingOptions } from "../train/training-command.ts";
import { datasetOf, PHANTOM, plannedTrainer } from "../train/training-plan.ts";
import { plural } from "../train/watch-training.ts";

/** The options of training that say which cases there are and what is done to them. */
const { seed, spacing, inputs, optionalInputs, from, sampler, axis, size, fit, overlap, context } =
  TRAIN_OPTIONS;
const { perCase, biasField, layout, structure, pattern, column, split, slab, every } = TRAIN_OPTIONS;
const PREPARE_OPTIONS = {
  ...{ seed, spacing, inputs, optionalInputs, from, sampler, axis, size, fit, overlap, context },
  ...{ perCase, biasField, layout, structure, pattern, column, split, slab, every },
};

interface PrepareFlags extends Readonly<Record<string, unknown>> {
  readonly out: string;
  readonly shard?: string;
  readonly workers?: string;
  readonly json?: boolean;
}

export const addPrepare: AddCommand = (program, context, args) => {
  const command = program
    .command("prepare")
    .summary("prepare MR/CT pairs for training, and find bad ones")
    .description(
      "Looks at every case of a data set and prepares it for training, once for all: read, oriented, resampled, normalised, with masks, as a cache that " +
        "midash train CACHE takes. Bad cases (damaged, on another grid, misaligned, cut off, not in HU, twice there) are set aside with their reasons; qc.html in the cache shows all.\n\n" +
        "DATA is what midash train takes, and so are the options. A second run does only what is missing or has changed. Several jobs (--shard) may write into one folder: the last " +
        "one to end writes the index.",
    )
    .usage("<data> --out <dir> [options]")
    .argument("<data>", "folder, or table of files")
    .requiredOption("--out <dir>", "folder of the cache")
    .option(...SHARD_OPTION)
    .option("--workers <n>", "cases at once, each some 700 MB (default: as many as there are cores)")
    .option(...CONFIG_OPTIONS[0])
    .option(...CONFIG_OPTIONS[1])
    .option(...JSON_OPTION);
  const training = trainingOptions(program, command, args, PREPARE_OPTIONS);
  command
    .addHelpText(
      "after",
      examples(
        ["prepare Task1/brain --out caches/brain --spacing 1,1,1", "a SynthRAD folder at 1 mm"],
        ["train caches/brain --out runs/brain", "train on it"],
        [
          "prepare Task1/brain --out caches/brain --shard 3/8",
          "the third of eight jobs, e.g. of a Slurm array",
        ],
      ),
    )
    .action(async (data: string, flags: PrepareFlags) => {
      const { setup, flags: modelFlags } = training();
      const layers = [...setup.layers, layerOfOptions(flags, modelFlags)];
      try {
        await prepare(data, flags, { ...context(flags), setup, layers });
      } catch (error) {
        throw whereItStands(error, layers);
      }
    });
};

interface PrepareContext extends Context, Pick<TrainingCommand, "setup"> {
  readonly layers: readonly Layer[];
}

async function prepare(data: string, flags: PrepareFlags, context: PrepareContext): Promise<void> {
  const { output, signal, setup, layers } = context;
  const started = performance.now();
  const { out } = flags;
  const { index, count } = shardOf(flags.shard);
  const shard = count > 1 ? { n: index + 1, of: count } : undefined;
  const workers =
    flags.workers === undefined
      ? undefined
      : valueKinds.integer({ min: 1, max: 256 }).read(flags.workers, "--workers");
  if (setup.problem) throw setup.problem;
  assert(data !== PHANTOM, "phantoms are made as they are needed, so there is nothing to prepare", {
    where: "data",
    hint: `train on "${PHANTOM}" itself`,
  });
  assert(!(await isCache(data)), "is a cache already", {
    where: data,
    hint: "train on it, or give the data that it was made of",
  });
  await assertWritableFolder(out);
  const { registry, plugins } = setup;
  const settings = { ...settingsOf(layers, registry), skipIncomplete: true };
  const dataset = await datasetOf(data, settings, registry, { skipTorn: true });
  const preparation = await preparationOf(settings, dataset, context);
  const { train, validation, test } = dataset;
  output.say(
    `${dataset.name}: ${plural(train.length + validation.length + test.length, "case")}; inputs ${preparation.inputs.map(({ name }) => name).join(", ")}`,
  );
  const bar = output.progress("preparing");
  const show = caseProgress(bar);
  const bad: string[] = [];
  let last: PrepareEvent | undefined;
  let [reused, prepared] = [0, 0];
  try {
    for await (const event of prepareDataset(dataset, {
      out,
      preparation,
      shard,
      workers,
      plugins,
      signal,
    })) {
      last = event;
      if (event.type === "start") {
        reused = event.reused;
        show.start(reused, event.cases);
      }
      if (event.type !== "case") continue;
      show.done(event.done, event.total, event.id);
      prepared++;
      if (!event.good) bad.push(event.id);
    }
  } catch (error) {
    bar.stop();
    if (!signal.aborted) throw error;
    throw new Interrupted(
      `interrupted; ${plural(prepared + reused, "case")} done and kept, the same command goes on`,
      {
        cause: error,
      },
    );
  }
  bar.stop();
  const counts = { prepared, reused, seconds: (performance.now() - started) / 1000, out };
  if (last?.type === "end") sayEnd(last, counts, output);
  else if (last?.type === "waiting") {
    output.say(
      `${plural(prepared, "case")} prepared, ${reused} from before. ${last.missing.length} of other shards are missing: the last job to end writes the index. ${DISCLAIMER}`,
    );
    output.result({ command: "prepare", ...counts, shard, bad, missing: last.missing });
  }
}

function sayEnd(
  { split, cases, setAside }: Extract<PrepareEvent, { type: "end" }>,
  counts: {
    readonly prepared: number;
    readonly reused: number;
    readonly seconds: number;
    readonly out: string;
  },
  output: Context["output"],
): void {
  const { prepared, reused, out, seconds } = counts;
  const doubtful = cases.filter(({ findings }) => findings.length > 0 && !isBad(findings));
  for (const { id, why } of setAside) output.say(`Set aside: ${id}: ${why}`);
  for (const { id, findings } of doubtful)
    output.say(`Doubtful: ${id}: ${findings.map(({ code, what }) => `${code}: ${what}`).join("; ")}`);
  const { train, validation, test } = split;
  output.say(
    `${train.length} for train, ${validation.length} for validation, ${test.length} for test; ${setAside.length} set aside, ${doubtful.length} doubtful (${prepared} prepared now, ${reused} from before)`,
  );
  output.say(`In ${out}: index.json, shards, qc.html, qc.json. Train on it: midash train ${out} --out RUN`);
  output.say(`Done in ${Math.round(seconds)} s. ${DISCLAIMER}`);
  output.result({
    command: "prepare",
    ...counts,
    cases: { train: train.length, validation: validation.length, test: test.length },
    setAside,
    doubtful: doubtful.map(({ id, findings }) => ({ id, findings })),
    simulated: cases.some(({ facts }) => facts.simulated),
    files: ["index.json", "qc.html", "qc.json"],
  });
}

/** What a training of these settings would do to the cases. A first case that can't be read must not decide. */
async function preparationOf(
  settings: TrainSettings,
  dataset: Dataset,
  { setup, signal }: PrepareContext,
): Promise<Preparation> {
  const { options } = plannedTrainer(settings, dataset, setup);
  for (const [n, one] of dataset.train.entries()) {
    const name = options.inputs?.find((input) => one.inputs[input]);
    const isReadable = await one.inputs[name ?? ""]?.load(signal).then(
      () => true,
      (error: unknown) => {
        if (!isUserError(error) || signal.aborted) throw error;
        return false;
      },
    );
    if (!isReadable) continue;
    const train = [one, ...dataset.train.filter((_, m) => m !== n)];
    return planPreparation(options, new Dataset({ ...dataset, train }, dataset), { signal });
  }
  return fail("invalid-file", "no case of the training part can be read", {
    where: dataset.name,
    hint: "check the files: midash info shows what is wrong with one",
  });
}
