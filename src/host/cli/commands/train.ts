import { assert } from "../../../base/errors/index.ts";
import { TRAIN_OPTIONS } from "../../../road/training/index.ts";
import { type AddCommand, type Context, examples, JSON_OPTION } from "../command.ts";
import { CONFIG_OPTIONS } from "../io/setup.ts";
import { SHARD_OPTION } from "../io/shard.ts";
import { foldsOf, trainFolds } from "../train/folds.ts";
import { assertRunFolder, trainRun } from "../train/train-run.ts";
import { layerOfOptions, settingsOf, whereItStands } from "../train/train-settings.ts";
import { type TrainingCommand, trainingOptions } from "../train/training-command.ts";
import { datasetOf } from "../train/training-plan.ts";
import { LIVE_OPTION, type LivePage, livePage } from "../watch/live-page.ts";

interface TrainOptions extends Readonly<Record<string, unknown>> {
  readonly out: string;
  readonly resume?: boolean;
  readonly json?: boolean;
  readonly watch?: string | true;
  readonly fold?: string;
  readonly shard?: string;
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
    .option(...LIVE_OPTION)
    .option("--fold <k>", "of --folds: only this one, from 1; the last that is done makes the model of all")
    .option(...SHARD_OPTION)
    .option(...CONFIG_OPTIONS[0])
    .option(...CONFIG_OPTIONS[1])
    .option(...JSON_OPTION);
  const read = trainingOptions(program, command, args, TRAIN_OPTIONS);
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
          "train Task1/brain --out runs/five --folds 5",
          "five folds, their cross-validated scores and one model of all",
        ],
        ["train Task1/brain --out runs/brain --watch", "with a page of curves and pictures while it goes"],
        [
          "train phantom --out runs/phantom --subjects 12,1,2 --epochs 5 --steps-per-epoch 50",
          "simulated heads",
        ],
      ),
    )
    .action((data: string, options: TrainOptions) =>
      train(data, options, { ...context(options), ...read() }),
    );
};

/** One run, or those of a cross-validation. */
async function train(
  data: string,
  options: TrainOptions,
  { setup, flags, ...context }: Context & TrainingCommand,
): Promise<void> {
  const layers = [...setup.layers, layerOfOptions(options, flags)];
  const { out, resume } = options;
  let page: LivePage | undefined;
  try {
    const settings = settingsOf(layers, setup.registry);
    const { folds } = settings;
    const one = options.fold ?? options.shard;
    assert(folds !== undefined || one === undefined, "is for --folds", {
      where: options.fold === undefined ? "--shard" : "--fold",
      hint: "say how many by --folds",
    });
    if (folds === undefined) await assertRunFolder(out, resume ?? false); // before data is looked for
    page = await livePage(options.watch, context.output);
    const task = { out, settings, setup, page };
    const dataset = await datasetOf(data, settings, setup.registry);
    const result =
      folds === undefined
        ? (await trainRun({ ...task, dataset, resume }, context)).numbers
        : await trainFolds({ ...task, dataset, folds, only: foldsOf(options, folds) }, context);
    context.output.result(result);
  } catch (error) {
    throw context.signal.aborted ? error : whereItStands(error, layers);
  } finally {
    await page?.close();
  }
}
