import { join } from "node:path";
import { Option } from "commander";
import { assert, fail } from "../../../base/errors/index.ts";
import type { ScoredVolumes } from "../../../evaluation/scoring/index.ts";
import type { Volume } from "../../../imaging/volume/index.ts";
import type { Case, Dataset } from "../../../road/data/index.ts";
import { type RunStore, Trainer } from "../../../road/training/index.ts";
import { fileRunStore, saveModel, writeVolume } from "../../node/index.ts";
import { type AddCommand, type Context, DISCLAIMER, examples, Interrupted, JSON_OPTION } from "../command.ts";
import { assertWritableFolder, jsonBytes } from "../io/outputs.ts";
import { REPORT, reportBytes, testedCases, testNotes, trainingFacts } from "../io/report.ts";
import { backendOf, CONFIG_OPTIONS } from "../io/setup.ts";
import { checkCases } from "../train/check-cases.ts";
import { type ModelFlag, modelFlags } from "../train/model-options.ts";
import { encodeRunConfig, RUN_CONFIG } from "../train/run-config.ts";
import { type RunSetup, runSetup } from "../train/run-setup.ts";
import { montageOf, plainBaselines, plainScores, sayScores, testModel } from "../train/score-model.ts";
import {
  type Layer,
  layerOfOptions,
  settingOptions,
  settingsOf,
  whereItStands,
} from "../train/train-settings.ts";
import { datasetOf, trainerOptionsOf } from "../train/training-plan.ts";
import { plural, watchTraining } from "../train/watch-training.ts";

/** The checkpoint after the last whole epoch, and the one before it. */
const CHECKPOINTS = ["last.safetensors", "previous.safetensors"];
/** Any of these makes a folder a run. */
const RUN_FILES = [...CHECKPOINTS, "best.safetensors", "model.safetensors", "metrics.json"];

interface TrainOptions extends Readonly<Record<string, unknown>> {
  readonly out: string;
  readonly resume?: boolean;
  readonly json?: boolean;
}

export const addTrain: AddCommand = (program, context, args) => {
  const command = program
    .command("train")
    .summary("train a model on MR/CT pairs, and test it")
    .description(
      "Trains a model on MR/CT pairs, tests it on cases (of a single pair: slices) it never saw, and compares it with the lookup baseline.\n\n" +
        "DATA is a folder of cases (<case>/mr.nii.gz, ct.nii.gz and, if there is one, mask.nii.gz, as in SynthRAD; " +
        "several MR as t1, t2, flair, pd), a folder that is one such pair, a table of files (.csv, .tsv, .json: a case a row, columns id, mr, ct, and if wanted patient, centre, mask, split), " +
        "or the word phantom for simulated heads.",
    )
    .usage("<data> --out <dir> [options]")
    .argument("<data>", "folder, table of files, or the word phantom")
    .requiredOption("--out <dir>", "folder for checkpoints, model, report.html and results")
    .option("--resume", "go on with the run in --out, with its own settings unless others are given")
    .option(...CONFIG_OPTIONS[0])
    .option(...CONFIG_OPTIONS[1])
    .option(...JSON_OPTION);
  const model = new Option("--model <name>").helpGroup("Training:");
  const own = [model, ...settingOptions()];
  for (const option of own) command.addOption(option);
  let setup: RunSetup;
  let flags: readonly ModelFlag[];
  program.hook("preSubcommand", async (_, chosen) => {
    if (chosen !== command) return;
    setup = await runSetup(args);
    flags = modelFlags(setup.model, new Set(command.options.map((option) => option.long ?? "")));
    for (const option of flags.flatMap(({ options }) => options)) command.addOption(option);
    const names = setup.registry.models
      .filter(({ part }) => part.definition.trainable !== false)
      .map(({ name }) => name);
    model.description = `${names.join(", ")} (default: ${names[0]})`;
    for (const { long, description } of settingOptions(setup.registry))
      own.find((option) => option.long === long)!.description = description;
  });
  command
    .addHelpText(
      "after",
      examples(
        ["train Task1/brain --out runs/brain", "a SynthRAD folder, with defaults"],
        ["train Task1/brain --out runs/brain --resume", "go on after an interruption"],
        ["train --model NAME --help", "the options of another network"],
        [
          "train cases.csv --column ct=planning_ct --out runs/table",
          "a table of files, whose column planning_ct holds the CT",
        ],
        [
          "train meat --out runs/meat --batch-size 4 --epochs 20 --flip",
          "one MR/CT pair, split by slabs of slices",
        ],
        [
          "train Task1/brain --out runs/two --inputs t1,t2 --optional-inputs t2 --augmentations dropInputs",
          "T1, and T2 where there is one",
        ],
        [
          "train own.csv --out runs/own --from model.safetensors --freeze 'encoder.*'",
          "go on from a trained model, its encoder frozen",
        ],
        [
          "train phantom --out runs/phantom --subjects 12,1,2 --epochs 5 --steps-per-epoch 50",
          "simulated heads",
        ],
      ),
    )
    .action((data: string, options: TrainOptions) =>
      trainLocked(data, options, { ...context(options), setup, flags }),
    );
};

interface TrainContext extends Context {
  readonly setup: RunSetup;
  readonly flags: readonly ModelFlag[];
}

/** {@link train} with its folder locked, and when it is interrupted what is left of it. */
async function trainLocked(data: string, options: TrainOptions, context: TrainContext): Promise<void> {
  const folder = fileRunStore(options.out);
  let unlock: (() => Promise<void>) | undefined;
  const lock = async () => {
    unlock ??= await folder.lock?.();
  };
  const { layers } = context.setup;
  const all = [...layers, layerOfOptions(options, context.flags)];
  try {
    await train(data, options, { ...context, layers: all }, folder, lock);
  } catch (error) {
    if (!context.signal.aborted) throw whereItStands(error, all);
    const kept = hasCheckpoint(await folder.list())
      ? "the epochs done are kept, go on with --resume"
      : "no epoch was finished";
    throw new Interrupted(`interrupted; ${kept}`, { cause: error });
  } finally {
    await unlock?.();
  }
}

async function train(
  data: string,
  options: TrainOptions,
  {
    output,
    signal,
    setup,
    layers,
  }: Context & { readonly setup: RunSetup; readonly layers: readonly Layer[] },
  folder: RunStore,
  lock: () => Promise<void>,
): Promise<void> {
  const started = performance.now();
  const { out, resume = false } = options;
  const files = await folder.list();
  if (resume) assertRun(files, out);
  else refuseOldRun(files, out);
  await assertWritableFolder(out);
  if (resume) await lock();
  if (setup.problem) throw setup.problem;
  const { registry, plugins, from } = setup;
  const settings = settingsOf(layers, registry);
  const dataset = await datasetOf(data, settings, registry);
  const backend = await backendOf(registry, settings.backend);
  const store = { ...folder, lock: undefined }; // held here until everything is written, not only while training
  const plan = trainerOptionsOf(settings, dataset, { registry, plugins, backend, store, from });
  const { options: trainerOptions, seen } = plan;
  const trainer = new Trainer(trainerOptions);

  const parts = { train: dataset.train, validation: dataset.validation, test: dataset.test };
  const count = (part: keyof typeof parts) => `${parts[part].length} for ${part}`;
  output.say(
    `${dataset.name}: ${count("train")}, ${count("validation")}, ${count("test")}; inputs ${seen.inputs.map((input) => input.name).join(", ")}`,
  );
  for (const part of ["validation", "test"] as const)
    if (parts[part].length > 0) output.say(`For ${part}: ${whoIn(parts[part], join(out, "metrics.json"))}`);
  for (const { id, why } of dataset.leftOut) output.say(`Left out: ${id} ${why}`);
  if (dataset.unused.length > 0) output.say(`Columns not used: ${dataset.unused.join(", ")}`);
  if (resume && !hasCheckpoint(files))
    output.say(`No epoch of the run in ${out} was finished: starting from the beginning`);
  const { baseline, warnings } = await checkCases(dataset, seen, { output, signal, title: "checking cases" });
  await lock(); // makes the folder of a new run: only now, when its data is found good
  if (!resume) refuseOldRun(await folder.list(), out); // another may have been here meanwhile
  const end = await watchTraining(trainer, dataset, output, {
    signal,
    resume,
    stepsPerEpoch: settings.stepsPerEpoch,
    // Only now: settings that a resumed run refuses must not replace its own.
    onStart: () => folder.write(RUN_CONFIG, encodeRunConfig(settings, plugins)),
  });
  const bundle = trainer.result();
  await saveModel(join(out, "model.safetensors"), bundle, { signal });
  const scores = await testModel(bundle, dataset.test, { backend, plugins, baseline, output, signal });

  const simulated = dataset.simulated || (scores?.synthrad2023.simulated ?? false);
  const numbers = {
    command: "train",
    simulated,
    dataset: dataset.name,
    cases: { train: dataset.train.length, validation: dataset.validation.length, test: dataset.test.length },
    ...(dataset.leftOut.length > 0 ? { leftOut: dataset.leftOut } : {}),
    ...(dataset.unused.length > 0 ? { unused: dataset.unused } : {}),
    heldOut: testedOn(dataset),
    test: scores && plainScores(scores),
    baseline: scores && plainBaselines(scores),
    improvementPercent: scores ? scores.improvementPercent : null,
    validation: end.best.validation && { ...end.best.validation, epoch: end.best.epoch },
    epochs: end.epochs,
    reason: end.reason,
    ...(warnings.length > 0 ? { warnings } : {}),
    seconds: (performance.now() - started) / 1000,
    out,
    files: [
      REPORT,
      "model.safetensors",
      "metrics.json",
      ...(scores ? ["montage.png", ...volumesOf(scores.shown[0]!, dataset.simulated).keys()] : []),
      RUN_CONFIG,
    ],
  };
  const metrics = {
    ...numbers,
    schema: 1,
    note: DISCLAIMER,
    settings,
    model: { ...bundle.model, parameters: end.parameters, backend: end.backend },
    history: trainer.history,
    split: Object.fromEntries(Object.entries(parts).map(([part, cases]) => [part, cases.map((c) => c.id)])),
    reports: scores && { synthrad2023: scores.synthrad2023, slice2d: scores.slice2d },
    scores: scores?.cases ?? [],
  };
  if (scores) {
    await folder.write("montage.png", await montageOf(scores.shown));
    for (const [name, volume] of volumesOf(scores.shown[0]!, dataset.simulated))
      await writeVolume(join(out, name), volume, { signal });
  }
  const report = {
    title: "midash train",
    lead: scores
      ? `A model trained on pairs of MR and CT, tested on ${testedOn(dataset)}.`
      : "A model trained on pairs of MR and CT, without test cases.",
    facts: {
      Data: `${dataset.name}: ${count("train")}, ${count("validation")}, ${count("test")}; inputs ${seen.inputs.map((input) => input.name).join(", ")}`,
      ...trainingFacts(bundle, end),
    },
    cases: testedCases(scores),
    history: trainer.history,
    bestEpoch: end.best.epoch,
    notes: testNotes(scores),
    simulated,
  };
  await folder.write(REPORT, await reportBytes(report, { output, signal }));
  await folder.write("metrics.json", jsonBytes(metrics));

  output.say();
  if (scores) {
    output.say(
      `Test on ${plural(scores.cases.length, "case")}: ${testedOn(dataset)}${simulated ? ", simulated" : ""}:`,
    );
    sayScores(output, scores);
    output.say(
      `In ${out}: ${REPORT}, model.safetensors, metrics.json, montage.png, ${[...volumesOf(scores.shown[0]!, dataset.simulated).keys()].join(", ")} (${scores.shown[0]!.id}), config.json`,
    );
  } else
    output.say(
      `No test cases, so no scores. In ${out}: ${REPORT}, model.safetensors, metrics.json, config.json`,
    );
  output.say(`Done in ${Math.round(numbers.seconds)} s. ${DISCLAIMER}`);
  output.result(numbers);
}

/** The cases by name where a line holds them, else where they will be named. */
function whoIn(cases: readonly Case[], metrics: string): string {
  if (cases.length <= 12) return cases.map(({ id }) => id).join(", ");
  return `${cases.length} cases, which stand under "split" in ${metrics} once the run is done`;
}

/** What the test's images are to the model. */
function testedOn({ sharedPatients }: Dataset): string {
  if (sharedPatients.length === 0) return "cases it never saw";
  return "slices held out of the very images it was trained on, which says how one object is learnt, not how it does on another";
}

function hasCheckpoint(files: readonly string[]): boolean {
  return CHECKPOINTS.some((name) => files.includes(name));
}

function refuseOldRun(files: readonly string[], out: string): void {
  const old = files.find((name) => RUN_FILES.includes(name));
  assert(old === undefined, `already holds a run (${old})`, {
    where: out,
    hint: "go on with it by --resume, or choose another folder",
  });
}

/** A run that was interrupted in its first epoch left its settings only. */
function assertRun(files: readonly string[], out: string): void {
  if (hasCheckpoint(files) || files.includes(RUN_CONFIG)) return;
  const finished = files.some((name) => RUN_FILES.includes(name)); // e.g. a demo's, which has no checkpoint
  fail("not-found", "holds no run to resume", {
    where: out,
    hint: finished ? "start one in another folder, without --resume" : "leave out --resume to start one",
  });
}

/** What is kept of a test case: its sCT, what else the model gives and, when it was simulated and so lies nowhere else, its MR and CT. */
function volumesOf({ mr, sct, maps, ct }: ScoredVolumes, simulated: boolean): ReadonlyMap<string, Volume> {
  const others = Object.entries(maps).map(([name, map]) => [`sct_${name}.nii.gz`, map] as const);
  const own = [["sct.nii.gz", sct] as const, ...others];
  return new Map(simulated ? [...own, ["mr.nii.gz", mr], ["ct.nii.gz", ct]] : own);
}
