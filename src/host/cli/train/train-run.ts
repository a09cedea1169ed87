import { join } from "node:path";
import { assert, fail, isUserError } from "../../../base/errors/index.ts";
import type { ScoredVolumes } from "../../../evaluation/scoring/index.ts";
import type { Volume } from "../../../imaging/volume/index.ts";
import type { Case, Dataset } from "../../../road/data/index.ts";
import { type EndReason, type RunStore, Trainer } from "../../../road/training/index.ts";
import { backendOf, fileRunStore, saveModel, writeVolume } from "../../node/index.ts";
import {
  CHECKPOINTS,
  encodeRunConfig,
  jsonBytes,
  RUN_CONFIG,
  RUN_FILES,
  RUN_METRICS,
  RUN_RECORD,
  type TrainSettings,
} from "../../runs/index.ts";
import { type Context, DISCLAIMER, Interrupted } from "../command.ts";
import { inFlags } from "../io/in-flags.ts";
import type { Output } from "../io/output.ts";
import { assertWritableFolder } from "../io/outputs.ts";
import { REPORT, reportBytes, testedCases, testNotes, trainingFacts } from "../io/report.ts";
import type { LivePage } from "../watch/live-page.ts";
import { openRunWatch } from "../watch/run-watch.ts";
import { checkCases } from "./check-cases.ts";
import { recordStart } from "./run-record.ts";
import type { RunSetup } from "./run-setup.ts";
import { montageOf, plainBaselines, plainScores, sayScores, testModel } from "./score-model.ts";
import { trainerOptionsOf } from "./training-plan.ts";
import { plural, type TrainingEnd, watchTraining } from "./watch-training.ts";

/** A run: what is learnt from what, and where it is kept. */
export interface TrainTask {
  /** The folder. */
  readonly out: string;
  readonly dataset: Dataset;
  readonly settings: TrainSettings;
  readonly setup: Pick<RunSetup, "registry" | "plugins" | "from" | "problem">;
  /** True: the folder holds a run to go on with. False: it must not hold any. "if-there": whichever it is. Default false. */
  readonly resume?: boolean | "if-there";
  /**
   * What is scored at the end: the test part; of a fold its validation part, which is what the others are to it; nothing, where runs are compared by
   * their validation alone. Default "test".
   */
  readonly scored?: "test" | "validation" | "nothing";

  /** Whether its cases were looked at before. Default false: they are now, before anything else. */
  readonly checked?: boolean;
  /** The page that shows it. Default: none. */
  readonly page?: LivePage;
}

/** What became of a run. */
export interface TrainedRun {
  /** For `--json`. */
  readonly numbers: object;
  readonly reason: EndReason;
}

/** Does a run in its folder, locked, from the check of its cases to its report. When it is interrupted, what is left of it is said. */
export async function trainRun(task: TrainTask, context: Context): Promise<TrainedRun> {
  const folder = fileRunStore(task.out);
  let unlock: (() => Promise<void>) | undefined;
  const lock = async () => {
    unlock ??= await folder.lock?.();
  };
  try {
    return await lockedRun(task, context, lock);
  } catch (error) {
    if (!context.signal.aborted) throw error;
    throw new Interrupted(`interrupted; ${await whatIsKept(error, folder)}`, { cause: error });
  } finally {
    await unlock?.();
  }
}

/** Whether a folder suits a run that is begun, or gone on with. @throws MidashError `not-found`, `invalid-argument` */
export async function assertRunFolder(out: string, resume: boolean): Promise<void> {
  const files = await fileRunStore(out).list();
  if (resume) assertRun(files, out);
  else refuseOldRun(files, out);
}

async function lockedRun(
  { out, dataset, settings, setup, scored = "test", checked = false, page, ...task }: TrainTask,
  { output, signal }: Context,
  lock: () => Promise<void>,
): Promise<TrainedRun> {
  const started = performance.now();
  const folder = fileRunStore(out);
  const files = await folder.list();
  const resume = task.resume === "if-there" ? files.some(isOfRun) : (task.resume ?? false);
  if (resume) assertRun(files, out);
  else refuseOldRun(files, out);
  await assertWritableFolder(out);
  if (resume) await lock();
  if (setup.problem) throw setup.problem;
  const { registry, plugins, from } = setup;
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
    if (parts[part].length > 0) output.say(`For ${part}: ${whoIn(parts[part], join(out, RUN_METRICS))}`);
  for (const { id, why } of dataset.leftOut) output.say(`Left out: ${id} ${why}`);
  if (dataset.unused.length > 0) output.say(`Columns not used: ${dataset.unused.join(", ")}`);
  if (resume && !hasCheckpoint(files))
    output.say(`The run in ${out} has no checkpoint: starting from the beginning`);
  const cases = scored === "nothing" ? [] : dataset[scored];
  const found = checked
    ? undefined
    : await checkCases(dataset, seen, { output, signal, title: "checking cases" });
  await lock(); // makes the folder of a new run: only now, when its data is found good
  if (!resume) refuseOldRun(await folder.list(), out); // another may have been here meanwhile
  const watch = openRunWatch({ out, settings, page, title: `${dataset.name} in ${out}` }, output);
  const end = await watchTraining(trainer, dataset, output, {
    signal,
    resume,
    stepsPerEpoch: settings.stepsPerEpoch,
    watch,
    // Only now: settings that a resumed run refuses must not replace its own.
    onStart: async (start) => {
      await folder.write(RUN_CONFIG, encodeRunConfig(settings, plugins));
      await recordStart(folder, start, { dataset, model: settings.model });
    },
  });
  if (end.reason === "stopped") return stopped(out, end, output);
  const bundle = trainer.result();
  await saveModel(join(out, "model.safetensors"), bundle, { signal });
  const scores =
    found && cases.length > 0
      ? await testModel(bundle, cases, { backend, plugins, baseline: found.baseline, output, signal })
      : null;
  const heldOut = scored === "validation" ? VALIDATED : testedOn(dataset);

  const simulated = dataset.simulated || (scores?.synthrad2023.simulated ?? false);
  const numbers = {
    command: "train",
    simulated,
    dataset: dataset.name,
    cases: { train: dataset.train.length, validation: dataset.validation.length, test: dataset.test.length },
    ...(dataset.leftOut.length > 0 ? { leftOut: dataset.leftOut } : {}),
    ...(dataset.unused.length > 0 ? { unused: dataset.unused } : {}),
    heldOut,
    test: scores ? plainScores(scores) : null,
    baseline: scores ? plainBaselines(scores) : null,
    improvementPercent: scores ? scores.improvementPercent : null,
    validation: end.best.validation && { ...end.best.validation, epoch: end.best.epoch },
    epochs: end.epochs,
    reason: end.reason,
    ...(found?.warnings.length ? { warnings: found.warnings } : {}),
    seconds: (performance.now() - started) / 1000,
    out,
    files: [
      REPORT,
      "model.safetensors",
      RUN_METRICS,
      ...(scores ? ["montage.png", ...volumesOf(scores.shown[0]!, dataset.simulated).keys()] : []),
      RUN_CONFIG,
      RUN_RECORD,
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
    reports: scores ? { synthrad2023: scores.synthrad2023, slice2d: scores.slice2d } : null,
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
      ? `A model trained on pairs of MR and CT, tested on ${heldOut}.`
      : `A model trained on pairs of MR and CT, ${scored === "nothing" ? "to be compared by its validation" : "without test cases"}.`,
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
  await folder.write(RUN_METRICS, jsonBytes(metrics));

  output.say();
  if (scores) {
    output.say(
      `Test on ${plural(scores.cases.length, "case")}: ${heldOut}${simulated ? ", simulated" : ""}:`,
    );
    sayScores(output, scores);
    output.say(
      `In ${out}: ${REPORT}, model.safetensors, metrics.json, montage.png, ${[...volumesOf(scores.shown[0]!, dataset.simulated).keys()].join(", ")} (${scores.shown[0]!.id}), config.json`,
    );
  } else
    output.say(
      `${scored === "test" ? "No test cases, so no scores. " : ""}In ${out}: ${REPORT}, model.safetensors, metrics.json, config.json`,
    );
  output.say(`Done in ${Math.round(numbers.seconds)} s. ${DISCLAIMER}`);
  return { numbers, reason: end.reason };
}

/** Of a fold. */
const VALIDATED = "the cases that it was not trained on; they chose its epoch";

/** A run that was told to stop: its report comes when it goes on and ends. */
function stopped(out: string, { epochs, reason, best }: TrainingEnd, output: Output): TrainedRun {
  output.say(`Stopped after ${plural(epochs, "whole epoch")}: go on with --resume`);
  const validation = best.validation && { ...best.validation, epoch: best.epoch };
  return {
    numbers: { command: "train", reason, epochs, validation, out, files: [RUN_CONFIG] },
    reason,
  };
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

/** Of a run that was interrupted. */
async function whatIsKept(error: unknown, folder: RunStore): Promise<string> {
  const kept = hasCheckpoint(await folder.list());
  if (isUserError(error) && error.kind !== "aborted")
    return `the last steps could not be kept: ${inFlags(error.toJSON())}`;
  return kept ? "all steps done are kept, go on with --resume" : "no step was done";
}

/** Whether a file makes a folder one that a run was begun in. */
function isOfRun(name: string): boolean {
  return name === RUN_CONFIG || RUN_FILES.includes(name);
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

/** A run that was interrupted before its first checkpoint left its settings only. */
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
