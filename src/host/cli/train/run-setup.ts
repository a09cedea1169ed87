import { join } from "node:path";
import { Command } from "commander";
import type { ModelFactory } from "../../../networks/models/index.ts";
import type { ModelBundle } from "../../../road/model-file/index.ts";
import { fileRunStore, loadModel } from "../../node/index.ts";
import { RUN_CONFIG } from "../../runs/index.ts";
import { CONFIG_OPTIONS, type ConfigOptions, type Setup, setupOf } from "../io/setup.ts";
import { readRunConfig } from "./run-config.ts";
import { type Layer, layerOfFile, layerOfModel, modelOf } from "./train-settings.ts";

/** What files say of a run, before the command line has its say. */
export interface RunSetup extends Setup {
  /** What the model to go on from says, the run's own settings when it is resumed, then those of the config: the later wins. */
  readonly layers: readonly Layer[];
  /** Why the run's own settings can't be read. Told later: that another process is writing there comes first. */
  readonly problem?: unknown;
  /** The model to go on from. */
  readonly from?: ModelBundle;
  /** The model whose options the command line takes. */
  readonly model: ModelFactory;
}

interface EarlyOptions extends ConfigOptions {
  readonly model?: string;
  readonly from?: string;
  readonly out?: string;
  readonly resume?: boolean;
}

/**
 * Reads the files that decide which model is trained. They are needed before the command line is parsed: the model brings
 * options of its own.
 */
export async function runSetup(args: readonly string[]): Promise<RunSetup> {
  const { model, out, resume, from, ...given } = earlyOptions(args);
  const setup = await setupOf(given);
  const layers: Layer[] = [];
  let problem: unknown;
  if (resume && out && (await fileRunStore(out).list()).includes(RUN_CONFIG))
    try {
      layers.push(layerOfFile(await readRunConfig(join(out, RUN_CONFIG))));
    } catch (error) {
      problem = error;
    }
  // A run goes on with its own settings: a config that merely lies there brings plugins, no more.
  if (setup.file && (layers.length === 0 || given.config)) layers.push(layerOfFile(setup.file));
  const typed: Layer[] = model === undefined ? [] : [{ train: { model }, nameOf: () => "--model" }];
  const path = from ?? layers.flatMap(({ train }) => train.from ?? []).at(-1);
  let bundle: ModelBundle | undefined;
  if (typeof path === "string")
    try {
      bundle = await loadModel(path);
      layers.unshift(layerOfModel(path, bundle));
    } catch (error) {
      problem ??= error;
    }
  return {
    ...setup,
    layers,
    problem,
    ...(bundle ? { from: bundle } : {}),
    model: modelOf([...layers, ...typed], setup.registry),
  };
}

/** The few options that matter before the rest can be parsed; what is wrong is told later. */
function earlyOptions(args: readonly string[]): EarlyOptions {
  const command = new Command()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined, outputError: () => undefined })
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .option(...CONFIG_OPTIONS[0])
    .option(...CONFIG_OPTIONS[1])
    .option("--model <name>")
    .option("--from <file>")
    .option("--out <dir>")
    .option("--resume");
  try {
    command.parse(args, { from: "user" });
  } catch {
    // e.g. --model without a name
  }
  return command.opts<EarlyOptions>();
}
