import { assert, orNearest } from "../../base/errors/index.ts";
import type { Triple } from "../../imaging/volume/index.ts";
import type { ModelSpec } from "../../networks/models/index.ts";
import type { Plugin } from "../plugin/index.ts";
import type { SliceAxis, SliceFit } from "../preparation/index.ts";

/**
 * What `midash train` can be told, on the command line (`--batch-size 4`) or in a config (`batchSize: 4`). All may be left
 * out; the command line wins.
 */
export interface TrainConfig {
  /**
   * The network: a name that the package or a plugin brings, or in code a recipe, `MyNet({ filters: 8 })`, whose options are
   * then checked by TypeScript. Its plugin must be among {@link MidashConfig.plugins} all the same: models are found by name
   * again when they are loaded. Default: the package's first.
   */
  readonly model?: string | ModelSpec;
  /** Options of a `model` given by name; `midash models` lists them. `inChannels` and `outChannels` come from the data. */
  readonly modelOptions?: Readonly<Record<string, unknown>>;
  /** Where tensors are computed, by name. Default: the package's first, `wasm`. */
  readonly backend?: string;
  /** At most so many. Default 50. */
  readonly epochs?: number;
  /** Batches an epoch. Default: each slice once. */
  readonly stepsPerEpoch?: number;
  /** Slices a batch. Default 8. */
  readonly batchSize?: number;
  /** Of Adam. Default: what the model recommends, else 1e-4. */
  readonly learningRate?: number;
  /** Of the learning rate: `constant` (default), or `cosine`: from epoch to epoch down towards 0. */
  readonly schedule?: "constant" | "cosine";
  /** By name; `l1` and `l2` come with the package. Default `l1`. */
  readonly loss?: string;
  /** Epochs without a better validation before stopping early; 0: never stop. Default 10. */
  readonly patience?: number;
  /** Divide each MR by its bias field (N4) before it is normalised, in training and in synthesis. Default false. */
  readonly biasField?: boolean;
  /** Mirror left and right at random. Default false. */
  readonly flip?: boolean;
  /** Decides the split, the weights and the order of slices. Default 0. */
  readonly seed?: number;
  /** What synthesis does outside the body: `air` (default), or `keep` what the model made. */
  readonly outside?: "air" | "keep";
  /** Slices across which axis. Default `axial`. */
  readonly axis?: SliceAxis;
  /** Pixels of a slice, [H, W]. Default: as large as the first case needs. */
  readonly size?: readonly [height: number, width: number];
  /** How slices get to that size. Default `crop-pad`. */
  readonly fit?: SliceFit;
  /** Of neighbouring tiles, from 0 to 0.95, for `fit: "tile"` only. Default 0.25. */
  readonly overlap?: number;
  /** Slices on each side that the network sees too, as channels (2.5-D). Default 0. */
  readonly context?: number;
  /** Voxel size in mm to work at, [x, y, z]. Default: that of the first case. */
  readonly spacing?: Triple;
  /** MR inputs in channel order. Default: all that are there. */
  readonly inputs?: readonly string[];
  /** `synthrad`: case folders; `pair`: one MR and CT; `auto` (default) looks. */
  readonly layout?: "auto" | "synthrad" | "pair";
  /** Shares of patients: train, validation, test. Default 0.8, 0.1, 0.1. */
  readonly split?: readonly [train: number, validation: number, test: number];
  /** Of a pair: axial slices in a slab. Default 6. */
  readonly slab?: number;
  /** Of a pair: every n-th slab is held out for the test. Default 5. */
  readonly every?: number;
  /** Of the phantom: heads for train, validation, test. Default 12, 1, 2. */
  readonly subjects?: readonly [train: number, validation: number, test: number];
  /** Of the phantom: voxels along x, y, z. Default 96, 112, 80. */
  readonly phantomShape?: Triple;
  /** Of the phantom: voxel size in mm. Default 2, 2, 2. */
  readonly phantomSpacing?: Triple;
}

/** What a `midash.config.ts` exports by default. */
export interface MidashConfig {
  /** Their models, backends, losses and formats are known by name to every command. */
  readonly plugins?: readonly Plugin[];
  /** Settings of `midash train`. */
  readonly train?: TrainConfig;
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

const KEYS = ["plugins", "train"] as const satisfies (keyof MidashConfig)[];

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
  const { plugins = [], train = {} } = config;
  assert(Array.isArray(plugins), "plugins must be a list", { where });
  assert(isObject(train), "train must be an object of settings", { where, hint: "e.g. { epochs: 20 }" });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
