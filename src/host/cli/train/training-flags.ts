import { type Command, Option } from "commander";
import { type ModelFlag, modelFlags } from "./model-options.ts";
import { type RunSetup, runSetup } from "./run-setup.ts";
import { settingOptions } from "./train-settings.ts";

/** What the files say that the flags of a training depend on, and those of its model. */
export interface TrainingFlags {
  readonly setup: RunSetup;
  readonly flags: readonly ModelFlag[];
}

/**
 * Gives a command the flags of all settings of a training, and of its model, which files and other flags decide.
 *
 * @param args the whole command line
 * @returns what was found, once the command line is read
 */
export function trainingFlags(
  program: Command,
  command: Command,
  args: readonly string[],
): () => TrainingFlags {
  const model = new Option("--model <name>").helpGroup("Training:");
  const own = [model, ...settingOptions()];
  for (const option of own) command.addOption(option);
  let found: TrainingFlags;
  program.hook("preSubcommand", async (_, chosen) => {
    if (chosen !== command) return;
    const setup = await runSetup(args);
    const flags = modelFlags(setup.model, new Set(command.options.map((option) => option.long ?? "")));
    found = { setup, flags };
    for (const option of flags.flatMap(({ options }) => options)) command.addOption(option);
    const names = setup.registry.models
      .filter(({ part }) => part.definition.trainable !== false)
      .map(({ name }) => name);
    model.description = `${names.join(", ")} (default: ${names[0]})`;
    for (const { long, description } of settingOptions(setup.registry))
      own.find((option) => option.long === long)!.description = description;
  });
  return () => found;
}
