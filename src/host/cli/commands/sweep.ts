import { assert } from "../../../base/errors/index.ts";
import { TRAIN_OPTIONS } from "../../../road/training/index.ts";
import { type AddCommand, type Context, examples, JSON_OPTION } from "../command.ts";
import { CONFIG_OPTIONS } from "../io/setup.ts";
import { SHARD_OPTION, shardOf } from "../io/shard.ts";
import { axesOf } from "../sweep/space.ts";
import { howOf, sweep } from "../sweep/sweep.ts";
import { layerOfOptions, whereItStands } from "../train/train-settings.ts";
import { type TrainingCommand, trainingOptions } from "../train/training-command.ts";
import { LIVE_OPTION, type LivePage, livePage } from "../watch/live-page.ts";

interface SweepOptions extends Readonly<Record<string, unknown>> {
  readonly out: string;
  readonly vary?: readonly string[];
  readonly search?: string;
  readonly trials?: string;
  readonly minEpochs?: string;
  readonly keepOneIn?: string;
  readonly shard?: string;
  readonly watch?: string | true;
  readonly json?: boolean;
}

export const addSweep: AddCommand = (program, context, args) => {
  const command = program
    .command("sweep")
    .summary("train with many settings, and rank them by validation")
    .description(
      "Trains a model for each combination of the settings that are varied, each in a folder of its own, and ranks them by their best validation.\n" +
        "The test part is left alone. Run it again to go on: what is done is left as it is. All settings of train that are not varied can be given.",
    )
    .usage("<data> --out <dir> --vary <setting=values> [options]")
    .argument("<data>", "as train takes it: folder, table of files, or the word phantom")
    .requiredOption("--out <dir>", "folder for the trials, sweep.json and best.json")
    .option(
      "--vary <setting=values>",
      "a setting of train or an option of the model, and the values to try: a,b,c, or JSON [..., ...], or for random search low..high or low..high:log; may be repeated, and stand in a config under sweep.vary",
      (text: string, before: readonly string[] = []) => [...before, text],
    )
    .option(
      "--search <kind>",
      "grid, random or halving: many trials for few epochs, of which the better ones go on (default: grid)",
    )
    .option("--trials <n>", "combinations that are drawn (default: of random 10, of halving every one)")
    .option("--min-epochs <n>", "of halving: epochs of the first round (default: 1)")
    .option(
      "--keep-one-in <n>",
      "of halving: one in so many goes on, for so many times the epochs (default: 3)",
    )
    .option(...SHARD_OPTION)
    .option(...LIVE_OPTION)
    .option(...CONFIG_OPTIONS[0])
    .option(...CONFIG_OPTIONS[1])
    .option(...JSON_OPTION);
  const read = trainingOptions(program, command, args, TRAIN_OPTIONS);
  command
    .addHelpText(
      "after",
      examples(
        [
          "sweep Task1/brain --out sweeps/one --vary learningRate=1e-3,1e-4 --vary ema=0,0.999",
          "all four combinations",
        ],
        [
          "sweep Task1/brain --out sweeps/two --search random --trials 20 --vary learningRate=1e-5..1e-2:log",
          "twenty at random",
        ],
        [
          "sweep Task1/brain --out sweeps/three --search halving --epochs 27 --vary baseFilters=16,32,64 --vary loss=l1,l2",
          "the better third goes on",
        ],
        [
          "sweep Task1/brain --out sweeps/one --shard 2/4 --vary learningRate=1e-3,1e-4",
          "the second of four jobs",
        ],
      ),
    )
    .action((data: string, options: SweepOptions) => run(data, options, { ...context(options), ...read() }));
};

async function run(
  data: string,
  options: SweepOptions,
  { setup, flags, ...context }: Context & TrainingCommand,
): Promise<void> {
  if (setup.problem) throw setup.problem;
  const layers = [...setup.layers, layerOfOptions(options, flags)];
  const config = setup.file?.config.sweep ?? {};
  const axes = axesOf(options.vary ?? [], config.vary);
  for (const { key } of axes)
    assert(key !== "folds" && key !== "epochs", "can't be varied", {
      where: `--vary ${key}`,
      hint: "give it as a setting of all trials",
    });
  let page: LivePage | undefined;
  try {
    page = await livePage(options.watch, context.output);
    const task = {
      data,
      out: options.out,
      axes,
      how: howOf(options, config),
      shard: shardOf(options.shard),
      setup,
      layers,
    };
    context.output.result(await sweep(task, context));
  } catch (error) {
    throw context.signal.aborted ? error : whereItStands(error, layers);
  } finally {
    await page?.close();
  }
}
