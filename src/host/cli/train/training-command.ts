import { type Command, Option } from "commander";
import type { TrainOptionTable } from "../../../road/training/index.ts";
import { type ModelFlag, modelFlags } from "./model-options.ts";
import { type RunSetup, runSetup } from "./run-setup.ts";
import { settingOptions } from "./train-settings.ts";

/** What the command line turned out to be about, once it is known which command runs. */
export interface TrainingCommand {
  readonly setup: RunSetup;
  readonly flags: readonly ModelFlag[];
}

/**
 * Gives a command the options of training that a table names, and those of the model. The model brings options of its own, so files and plugins that decide which it
 * is are read before the command line is parsed, and only where this command is the one that runs.
 *
 * @returns what the command's action asks for
 */
export function trainingOptions(
  program: Command,
  command: Command,
  args: readonly string[],
  table: TrainOptionTable,
): () => TrainingCommand {
  const model = new Option("--model <name>").helpGroup("Training:");
  const own = [model, ...settingOptions(undefined, table)];
  for (const option of own) command.addOption(option);
  let known: TrainingCommand | undefined;
  program.hook("preSubcommand", async (_, chosen) => {
    if (chosen !== command) return;
    const setup = await runSetup(args);
    const flags = modelFlags(setup.model, new Set(command.options.map((option) => option.long ?? "")));
    for (const option of flags.flatMap(({ options }) => options)) command.addOption(option);
    const names = setup.registry.models
      .filter(({ part }) => part.definition.trainable !== false)
      .map(({ name }) => name);
    model.description = `${names.join(", ")} (default: ${names[0]})`;
    for (const { long, description } of settingOptions(setup.registry, table))
      own.find((option) => option.long === long)!.description = description;
    known = { setup, flags };
  });
  return () => known!;
}
