import { join } from "node:path";
import { assert, fail, MidashError } from "../../../base/errors/index.ts";
import { valueKinds } from "../../../base/options/index.ts";
import { type Case, Dataset } from "../../../road/data/index.ts";
import { joinModels } from "../../../road/model-file/index.ts";
import { planPreparation } from "../../../road/training/index.ts";
import { backendOf, fileRunStore, loadModel, saveModel } from "../../node/index.ts";
import {
  encodeRunConfig,
  jsonBytes,
  RUN_CONFIG,
  RUN_FILES,
  RUN_METRICS,
  type TrainSettings,
} from "../../runs/index.ts";
import { type Context, DISCLAIMER } from "../command.ts";
import { REPORT, reportBytes, testedCases, testNotes } from "../io/report.ts";
import { inShard, shardOf } from "../io/shard.ts";
import { checkCases } from "./check-cases.ts";
import { crossValidation, foldTable, sayCrossValidation } from "./fold-scores.ts";
import { montageOf, plainBaselines, plainScores, sayScores, testModel } from "./score-model.ts";
import { type TrainTask, trainRun } from "./train-run.ts";
import { plannedTrainer } from "./training-plan.ts";
import { plural } from "./watch-training.ts";

/** A cross-validation. */
export interface FoldsTask extends Omit<TrainTask, "resume" | "scored"> {
  readonly folds: number;
  /** Those of this job, from 1. */
  readonly only: readonly number[];
}

/** Which folds `--fold` and `--shard` leave to this job. @throws MidashError `invalid-argument` */
export function foldsOf(
  { fold, shard }: { readonly fold?: string; readonly shard?: string },
  folds: number,
): readonly number[] {
  if (fold !== undefined) {
    assert(shard === undefined, "says which folds too", { where: "--fold", hint: "leave --shard out" });
    return [valueKinds.integer({ min: 1, max: folds }).read(fold, "--fold")];
  }
  const share = shardOf(shard);
  return Array.from({ length: folds }, (_, n) => n + 1).filter((k) => inShard(share, k - 1));
}

/**
 * Trains the folds of this job one after the other, each a run of its own in OUT/fold-k: one that is done is left as it is, one that was begun goes on. Whoever
 * finds all of them done puts them together: cross-validated scores, and one model that is tested on the test part.
 *
 * @returns the numbers, for `--json`
 * @throws MidashError `invalid-argument` when the folder holds folds of other settings
 */
export async function trainFolds({ folds, only, ...task }: FoldsTask, context: Context): Promise<object> {
  const { out, dataset, setup } = task;
  const { output, signal } = context;
  if (setup.problem) throw setup.problem;
  const settings = await settled(task, context);
  await keepSettings(out, settings, task);
  const folders = Array.from({ length: folds }, (_, n) => join(out, `fold-${n + 1}`));
  for (const k of only) {
    const folder = folders[k - 1]!;
    output.say(`Fold ${k} of ${folds}, in ${folder}`);
    if (await isDone(folder)) {
      output.say("Done before");
      continue;
    }
    const part = dataset.fold({ folds, fold: k - 1, seed: settings.seed });
    const own = { ...settings, folds: undefined, split: namesOf(part) };
    const { reason } = await trainRun(
      { ...task, out: folder, dataset: part, settings: own, resume: "if-there", scored: "validation" },
      context,
    );
    if (reason === "stopped") return { command: "train", folds, stopped: k, out };
    output.say();
  }
  const left: number[] = [];
  for (const [n, folder] of folders.entries()) if (!(await isDone(folder))) left.push(n + 1);
  if (left.length > 0) {
    output.say(
      `${plural(folds - left.length, "fold")} of ${folds} done; fold ${left.join(", ")} is left to other jobs`,
    );
    return { command: "train", folds, left, out };
  }
  const store = fileRunStore(out);
  const unlock = await store.lock?.().catch((error: unknown) => {
    if (MidashError.is(error) && error.kind === "io")
      output.say(`${error.message}: another job puts the folds together`);
    throw error;
  });
  try {
    return await putTogether({ ...task, settings, folds, folders }, { output, signal });
  } finally {
    await unlock?.();
  }
}

/** The one model, its scores and the cross-validated ones, and their report. */
async function putTogether(
  {
    out,
    dataset,
    settings,
    setup,
    folds,
    folders,
  }: Omit<FoldsTask, "only"> & { readonly folders: readonly string[] },
  { output, signal }: Context,
): Promise<object> {
  const { registry, plugins } = setup;
  const found = await crossValidation(folders);
  const bundles = [];
  for (const folder of folders) bundles.push(await loadModel(join(folder, "model.safetensors"), { signal }));
  const means = found.measures.map(({ name, unit, mean, sd, count }) => [
    name,
    { unit, mean, sd, cases: count },
  ]);
  const learnt = dataset.train.length + dataset.validation.length;
  const bundle = joinModels(bundles, {
    cases: learnt,
    metrics: { crossValidation: Object.fromEntries(means) },
  });
  await saveModel(join(out, "model.safetensors"), bundle, { signal });
  sayCrossValidation(output, found);
  const store = fileRunStore(out);
  const { test } = dataset;
  let scores = null;
  if (test.length > 0) {
    const backend = await backendOf(registry, settings.backend);
    const { seen } = plannedTrainer(settings, dataset, setup);
    const { baseline } = await checkCases(whole(dataset), seen, {
      output,
      signal,
      title: "fitting the baseline",
    });
    scores = await testModel(bundle, test, { backend, plugins, baseline, output, signal });
  }
  const simulated = dataset.simulated || (scores?.synthrad2023.simulated ?? false);
  const files = [REPORT, "model.safetensors", RUN_METRICS, ...(scores ? ["montage.png"] : []), RUN_CONFIG];
  const numbers = {
    command: "train",
    simulated,
    dataset: dataset.name,
    folds,
    crossValidation: found,
    test: scores && plainScores(scores),
    baseline: scores && plainBaselines(scores),
    out,
    files,
  };
  if (scores) await store.write("montage.png", await montageOf(scores.shown));
  const content = {
    title: "midash train",
    lead: `${folds} models, each validated on cases that it did not learn from, and one model of them all${scores ? ", tested on cases that none of them saw" : ""}.`,
    facts: {
      Data: `${dataset.name}: ${learnt} in ${folds} folds, ${test.length} for test`,
      Model: `${bundle.model.name} of ${folds} × ${bundles[0]!.model.name}`,
    },
    tables: [
      { title: `Cross-validation over ${found.cases.length} cases, synthrad2023`, ...foldTable(found) },
    ],
    cases: testedCases(scores),
    notes: testNotes(scores),
    simulated,
  };
  await store.write(REPORT, await reportBytes(content, { output, signal }));
  const all = {
    ...numbers,
    schema: 1,
    note: DISCLAIMER,
    settings,
    split: namesOf(whole(dataset)), // for whoever asks for the test part of the run, as of others
    reports: scores && { synthrad2023: scores.synthrad2023, slice2d: scores.slice2d },
    scores: scores?.cases ?? [],
  };
  await store.write(RUN_METRICS, jsonBytes(all));
  if (scores) {
    output.say();
    output.say(
      `The model of all folds on ${plural(scores.cases.length, "test case")} that none of them saw${simulated ? ", simulated" : ""}:`,
    );
    sayScores(output, scores);
  }
  output.say(`In ${out}: ${files.join(", ")}. ${DISCLAIMER}`);
  return numbers;
}

/** The settings with what one fold would settle otherwise than another: inputs, voxel size, and how large slices are. */
async function settled(
  { settings, setup, dataset }: Pick<FoldsTask, "settings" | "setup" | "dataset">,
  { signal }: Context,
): Promise<TrainSettings> {
  const all = whole(dataset);
  const { options } = plannedTrainer(settings, all, setup);
  const preparation = await planPreparation(options, all, { signal });
  const spacing = preparation.toJSON().steps.find(({ type }) => type === "spacing")
    ?.spacing as TrainSettings["spacing"];
  const size = options.sampler?.fixedSize === null ? preparation.sampler.fixedSize : settings.size;
  return {
    ...settings,
    inputs: options.inputs,
    spacing,
    ...(size ? { size: size as TrainSettings["size"] } : {}),
  };
}

/** All cases but those of the test, to learn from. */
function whole(dataset: Dataset): Dataset {
  return new Dataset(
    { train: [...dataset.train, ...dataset.validation], validation: [], test: dataset.test },
    dataset,
  );
}

/** A fold as a config of its own holds it. */
function namesOf({ train, validation, test }: Dataset): TrainSettings["split"] {
  const ids = (cases: readonly Case[]) => cases.map(({ id }) => id);
  return { train: ids(train), validation: ids(validation), test: ids(test) };
}

type Settings = Readonly<Record<string, unknown>>;

/** Settings that change nothing of what is learnt. */
const LOOKS: readonly string[] = ["previews", "tensorboard", "checkpointMinutes"];

/** Every job writes the same settings, or is refused. */
async function keepSettings(
  out: string,
  settings: TrainSettings,
  { setup }: Pick<FoldsTask, "setup">,
): Promise<void> {
  const store = fileRunStore(out);
  const wanted = encodeRunConfig(settings, setup.plugins);
  const held = await store.read(RUN_CONFIG);
  if (held) {
    const { train: before } = JSON.parse(new TextDecoder().decode(held)) as { readonly train: Settings };
    const { train: now } = JSON.parse(new TextDecoder().decode(wanted)) as { readonly train: Settings };
    const other = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter(
      (key) => !LOOKS.includes(key) && JSON.stringify(before[key]) !== JSON.stringify(now[key]),
    );
    assert(other.length === 0, `holds folds of other settings: ${other.join(", ")}`, {
      where: out,
      hint: "go on with the same ones (--resume takes them from there), or choose another folder",
    });
    return;
  }
  const old = (await store.list()).find((name) => RUN_FILES.includes(name));
  if (old)
    fail("invalid-argument", `already holds a run (${old})`, {
      where: out,
      hint: "choose another folder for the folds",
    });
  await store.write(RUN_CONFIG, wanted);
}

async function isDone(folder: string): Promise<boolean> {
  return (await fileRunStore(folder).list()).includes(RUN_METRICS);
}
