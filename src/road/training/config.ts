import { assert, orNearest } from "../../base/errors/index.ts";
import type { ModelSpec } from "../../networks/models/index.ts";
import type { Plugin } from "../plugin/index.ts";
import type { GivenValues } from "./train-option.ts";
import type { TRAIN_OPTIONS } from "./train-options.ts";

/**
 * What `midash train` takes, on the command line (`--batch-size 4`) or in a config (`batchSize: 4`). All may be left out; the command line
 * wins. The options and what each does stand in {@link TRAIN_OPTIONS}.
 */
export interface TrainConfig extends GivenValues<typeof TRAIN_OPTIONS> {
  /**
   * The network: a name that the package or a plugin brings, or in code a recipe, `MyNet({ filters: 8 })`, whose options are
   * then checked by TypeScript. Its plugin must be among {@link MidashConfig.plugins} all the same: models are found by name
   * again when they are loaded. Default: the package's first.
   */
  readonly model?: string | ModelSpec;
  /** Options of a `model` given by name; `midash models` lists them. `inChannels` and `outChannels` come from the data. */
  readonly modelOptions?: Readonly<Record<string, unknown>>;
}

/** What a `midash.config.ts` exports by default. */
export interface MidashConfig {
  /** Their models, backends, losses and formats are known by name to every command. */
  readonly plugins?: readonly Plugin[];
  /** Settings of `midash train`. */
  readonly train?: TrainConfig;
  /** What `midash sweep` varies, and how. */
  readonly sweep?: SweepConfig;
}

/** Values of a setting between two ends. */
export interface SweepRange {
  readonly from: number;
  readonly to: number;
  /** Drawn evenly over the logarithms, as learning rates are. Default false. */
  readonly log?: boolean;
}

/** What `midash sweep` tries. The command line wins. */
export interface SweepConfig {
  /** Settings of `train`, or options of the model, by name: the values to try, or a range that random search draws from. */
  readonly vary?: Readonly<Record<string, readonly unknown[] | SweepRange>>;
  /** Every combination, random ones, or many for few epochs of which the better ones go on. Default `grid`. */
  readonly search?: "grid" | "random" | "halving";
  /** How many combinations are drawn. Default: of `random` 10, of `halving` every combination. */
  readonly trials?: number;
  /** Of `halving`: epochs of the first round. Default 1. */
  readonly minEpochs?: number;
  /** Of `halving`: one in so many goes on, for so many times the epochs. Default 3. */
  readonly keepOneIn?: number;
}

/**
 * Checks a config and gives it back. For `midash.config.ts`, which `midash` finds in the folder that it is run in.
 *
 * @example
 * import { defineConfig } from "@midash/core";
 * import plugin, { MyNet } from "./my-net.ts";
 *
 * export default defineConfig({ plugins: [plugin], train: { model: MyNet({ filters: 8 }), epochs: 3 } });
 *
 * @throws MidashError `invalid-argument` for what is no config; the values of `train` are checked when a run starts
 */
export function defineConfig(config: MidashConfig): MidashConfig {
  assertConfig(config, "defineConfig");
  return config;
}

const KEYS = ["plugins", "train", "sweep"] as const satisfies (keyof MidashConfig)[];

/** Whether a value of unknown origin has a config's shape. `where` begins the error. */
export function assertConfig(config: unknown, where: string): asserts config is MidashConfig {
  assert(isObject(config), "must be an object", {
    where,
    hint: `e.g. { plugins: [], train: { epochs: 20 } }`,
  });
  for (const key of Object.keys(config))
    assert(
      KEYS.some((known) => known === key),
      `unknown setting "${key}"`,
      { where, hint: orNearest(key, KEYS) },
    );
  const { plugins = [], train = {}, sweep = {} } = config;
  assert(Array.isArray(plugins), "plugins must be a list", { where });
  assert(isObject(sweep), "sweep must be an object", { where, hint: "e.g. { vary: { ema: [0, 0.999] } }" });
  assert(isObject(train), "train must be an object of settings", { where, hint: "e.g. { epochs: 20 }" });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
