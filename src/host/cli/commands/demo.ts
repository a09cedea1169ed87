import { join } from "node:path";
import { valueKinds } from "../../../base/options/index.ts";
import { schedules } from "../../../networks/learning/index.ts";
import type { ModelFactory } from "../../../networks/models/index.ts";
import { augmentations, phantomDataset } from "../../../road/data/index.ts";
import { Registry } from "../../../road/plugin/index.ts";
import { normalise, Slicer } from "../../../road/preparation/index.ts";
import { DEFAULT_NORMALIZERS, Trainer } from "../../../road/training/index.ts";
import { saveModel, writeVolume } from "../../node/index.ts";
import { jsonBytes, remembered } from "../../runs/index.ts";
import { type AddCommand, type Context, DISCLAIMER, examples } from "../command.ts";
import { trainingWords } from "../io/model-words.ts";
import { outputFolder } from "../io/outputs.ts";
import { REPORT, reportBytes, testedCases, trainingFacts } from "../io/report.ts";
import { checkCases } from "../train/check-cases.ts";
import { type DemoRecipe, FULL, QUICK } from "../train/demo-recipe.ts";
import {
  type Comparison,
  montageOf,
  plainBaselines,
  plainScores,
  sayScores,
  testModel,
} from "../train/score-model.ts";
import { watchTraining } from "../train/watch-training.ts";
import { compareDensity, sayDensity } from "./density.ts";

/** The capstone's published scores, of a 2-D network on other data. */
const CAPSTONE: Comparison = { name: "capstone*", slice2d: { ssim: 0.9515, psnr: 32.1 } };

/** What is written, but for the volumes of one case. */
const FILES = [REPORT, "montage.png", "metrics.json", "model.safetensors"];

interface DemoOptions {
  readonly out: string;
  readonly full?: boolean;
  readonly seed: string;
  readonly json?: boolean;
}

export const addDemo: AddCommand = (program, context) => {
  program
    .command("demo")
    .summary("the whole road on simulated heads, in minutes")
    .description(
      "Simulates heads, trains a network on the CPU, synthesises CT of heads it never saw, scores and classifies them.\n" +
        `The network: ${defaultModel().definition.about}.\n` +
        "Needs no data. Writes report.html (images, scores, curves), montage.png, metrics.json, the model and the volumes. The last line of stdout is always JSON.",
    )
    .option("--out <dir>", "folder for the results", "demo-out")
    .option("--full", "train a larger network several times as long")
    .option("--seed <n>", "another seed gives other heads and other weights", "7")
    .option("--json", "print only that last line on stdout; text for people goes to stderr")
    .addHelpText(
      "after",
      examples(["demo", "results in demo-out/"], ["demo --full --out long", "results in long/"]),
    )
    .action((options: DemoOptions) => demo(options, context(options)));
};

/** The demo needs no config: what ships with the package is enough. */
function defaultModel(): ModelFactory {
  return new Registry().models[0]!.part;
}

/** How the baseline sees the heads: as the model does. */
const SEEN = {
  inputs: [{ name: "t1" }],
  steps: [normalise({ inputs: { t1: DEFAULT_NORMALIZERS.input }, targets: {} })],
};

/** Runs the demo; tests give a smaller recipe. */
export async function demo(
  options: DemoOptions,
  { output, signal }: Context,
  recipe: DemoRecipe = options.full ? FULL : QUICK,
): Promise<void> {
  const started = performance.now();
  const seed = valueKinds.integer({ min: 0 }).read(options.seed, "--seed");
  const folder = await outputFolder(options.out);
  const { subjects } = recipe;
  const dataset = remembered(phantomDataset({ subjects, seed, ...recipe.grid }));
  const model = defaultModel();
  const backend = new Registry().backends[0]!.part();
  const sampler = Slicer.slices({ size: recipe.size });

  output.say(`midash demo: MR to synthetic CT, on simulated heads. ${DISCLAIMER}`);
  output.say(`Simulating ${subjects.train + subjects.validation + subjects.test} heads`);
  const { baseline } = await checkCases(dataset, SEEN, {
    output,
    signal,
    title: "simulating",
  });
  const trainer = new Trainer({
    model: model(recipe.modelOptions),
    backend,
    sampler,
    learningRate: recipe.learningRate,
    schedule: schedules.cosine(),
    batchSize: recipe.batchSize,
    epochs: recipe.epochs,
    stepsPerEpoch: recipe.stepsPerEpoch,
    augmentations: recipe.flip ? [augmentations.flip()] : [],
    seed,
    licence: "MIT",
  });
  const end = await watchTraining(trainer, dataset, output, { signal, stepsPerEpoch: recipe.stepsPerEpoch });
  const bundle = trainer.result();
  const scores = (await testModel(bundle, dataset.test, { backend, baseline, output, signal }))!;
  const first = scores.shown[0]!;
  const density = await compareDensity(first, signal);

  const numbers = {
    simulated: true,
    test: plainScores(scores),
    baseline: plainBaselines(scores),
    improvementPercent: scores.improvementPercent,
    subjects: { ...subjects, tested: scores.cases.map((c) => c.id) },
    epochs: end.epochs,
    capstone: { slice2d: CAPSTONE.slice2d, sameData: false },
    seconds: (performance.now() - started) / 1000,
    out: options.out,
    files: FILES,
  };
  const metrics = {
    ...numbers,
    schema: 1,
    command: "demo",
    note: DISCLAIMER,
    settings: { ...recipe, seed },
    model: { ...bundle.model, parameters: end.parameters, bestEpoch: end.best.epoch },
    history: trainer.history,
    reports: { synthrad2023: scores.synthrad2023, slice2d: scores.slice2d },
    cases: scores.cases,
    density: { case: first.id, region: "body of the CT", sct: density.sct.table, ct: density.ct.table },
  };
  const volumes = { sct: first.sct, mr: first.mr, ct: first.ct, labels: density.sct.labels };
  for (const [name, volume] of Object.entries(volumes))
    await writeVolume(join(options.out, `${name}.nii.gz`), volume, { signal });
  await saveModel(join(options.out, "model.safetensors"), bundle, { signal });
  await folder.write("montage.png", await montageOf(scores.shown));
  const { train, validation, test } = subjects;
  const report = {
    title: options.full ? "midash demo --full" : "midash demo",
    lead: "From MR to synthetic CT: a model trained on simulated heads, tested on heads it never saw.",
    facts: {
      Data: `simulated heads, T1: ${train} to train, ${validation} to validate, ${test} to test`,
      ...trainingFacts(bundle, end),
    },
    cases: testedCases(scores),
    history: trainer.history,
    bestEpoch: end.best.epoch,
    simulated: true,
  };
  await folder.write(REPORT, await reportBytes(report, { output, signal }));
  await folder.write("metrics.json", jsonBytes(metrics));

  output.say();
  output.say(`Test on ${scores.cases.length} simulated heads that the model never saw (means):`);
  sayScores(output, scores, CAPSTONE);
  output.say(
    "* A 2-D network on other data. These heads are simulated: the columns are no like-for-like comparison.",
  );
  output.say();
  output.say(`Density classes of ${first.id} inside the body, synthetic CT beside CT:`);
  sayDensity(output, density.sct.table, density.ct.table);
  output.say();
  output.say(`In ${options.out}: ${FILES.join(", ")}, sct/mr/ct/labels.nii.gz (${first.id})`);
  for (const line of trainingWords(bundle.provenance.trainedOn)) output.say(line);
  output.say(`Done in ${Math.round(numbers.seconds)} s. ${DISCLAIMER}`);
  output.result(numbers, { always: true });
}
