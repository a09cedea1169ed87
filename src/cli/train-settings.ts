import { Option } from "commander";
import { assert, fail, orNearest } from "../errors/index.ts";
import { readTextFile } from "./inputs.ts";
import { aboveZero, BACKEND_NAMES, integer, list, number, oneOf, type Reader, text, yes } from "./options.ts";

/** One setting of `midash train`: an option on the command line and, under `key`, an entry of a config. */
interface Setting<T> {
  /** As commander writes it: "--base-filters <n>". */
  readonly flag: string;
  readonly about: string;
  readonly read: Reader<T>;
  readonly group: "Model:" | "Training:" | "Samples:" | "Data:" | "Phantom (DATA is the word phantom):";
}

function setting<T>(group: Setting<T>["group"], flag: string, read: Reader<T>, about: string): Setting<T> {
  return { flag, about, read, group };
}

const PHANTOM = "Phantom (DATA is the word phantom):";
const positive = integer(1);

const eachOnce: Reader<string[]> = (value, where) => {
  const names = list(text)(value, where);
  assert(new Set(names).size === names.length, "names an input twice", where, "name each once");
  return names;
};

const shares: Reader<number[]> = (value, where) => {
  const read = list(number(0, 1), 3)(value, where);
  const sum = read.reduce((a, b) => a + b, 0);
  assert(
    Math.abs(sum - 1) < 1e-6,
    `must add up to 1, got ${Number(sum.toFixed(6))}`,
    where,
    "e.g. 0.8,0.1,0.1",
  );
  assert(read[0]! > 0, "leaves none to train on", where, "e.g. 0.8,0.1,0.1");
  return read;
};

const heads: Reader<number[]> = (value, where) => {
  const read = list(integer(0), 3)(value, where);
  assert(read[0]! > 0, "leaves none to train on", where, "e.g. 12,1,2");
  return read;
};

/** Every setting by its key. Defaults are those of the library; `about` repeats them for readers. */
const SETTINGS = {
  model: setting("Model:", "--model <name>", oneOf("unet"), "network (default: unet)"),
  baseFilters: setting("Model:", "--base-filters <n>", positive, "channels at full resolution (default: 32)"),
  levels: setting("Model:", "--levels <n>", integer(1, 8), "resolutions, at most 8 (default: 4)"),
  norm: setting(
    "Model:",
    "--norm <kind>",
    oneOf("instance", "batch", "none"),
    "instance (default), batch or none",
  ),
  upsampling: setting(
    "Model:",
    "--upsampling <kind>",
    oneOf("nearest", "bilinear", "transposed"),
    "nearest (default), bilinear or transposed",
  ),
  finalActivation: setting(
    "Model:",
    "--final-activation <kind>",
    oneOf("linear", "sigmoid", "tanh"),
    "linear (default), sigmoid or tanh",
  ),
  backend: setting(
    "Training:",
    "--backend <name>",
    oneOf(...BACKEND_NAMES),
    `${BACKEND_NAMES.join(" or ")} (default: wasm)`,
  ),
  epochs: setting("Training:", "--epochs <n>", positive, "at most so many (default: 50)"),
  stepsPerEpoch: setting(
    "Training:",
    "--steps-per-epoch <n>",
    positive,
    "batches an epoch (default: each slice once)",
  ),
  batchSize: setting("Training:", "--batch-size <n>", positive, "slices a batch (default: 8)"),
  learningRate: setting("Training:", "--learning-rate <x>", aboveZero, "of Adam (default: 0.0001)"),
  schedule: setting(
    "Training:",
    "--schedule <kind>",
    oneOf("constant", "cosine"),
    "learning rate: constant (default) or cosine",
  ),
  loss: setting("Training:", "--loss <name>", oneOf("l1", "l2"), "l1 (default) or l2"),
  patience: setting(
    "Training:",
    "--patience <n>",
    integer(0),
    "epochs without a better validation before stopping early; 0: never stop (default: 10)",
  ),
  flip: setting("Training:", "--flip", yes, "mirror left and right at random"),
  seed: setting("Training:", "--seed <n>", integer(0), "of the split, weights and order (default: 0)"),
  outside: setting(
    "Training:",
    "--outside <what>",
    oneOf("air", "keep"),
    "what synthesis does outside the body: air (default), or keep what the model made",
  ),
  axis: setting(
    "Samples:",
    "--axis <name>",
    oneOf("axial", "coronal", "sagittal"),
    "axial (default), coronal or sagittal",
  ),
  size: setting(
    "Samples:",
    "--size <HxW>",
    list(positive, 2, "x"),
    "pixels of a slice, e.g. 256x256 (default: as large as the first case needs)",
  ),
  fit: setting(
    "Samples:",
    "--fit <how>",
    oneOf("crop-pad", "resize", "tile"),
    "how slices get to that size: crop-pad (default), resize, or tile: overlapping tiles, blended again in synthesis",
  ),
  overlap: setting(
    "Samples:",
    "--overlap <share>",
    number(0, 0.95),
    "of neighbouring tiles in synthesis and training (default: 0.25)",
  ),
  context: setting(
    "Samples:",
    "--context <n>",
    integer(0, 16),
    "slices on each side that the network sees too, as channels: 2.5-D (default: 0)",
  ),
  spacing: setting(
    "Samples:",
    "--spacing <x,y,z>",
    list(number(0.01, 100), 3),
    "voxel size in mm to work at (default: that of the first case)",
  ),
  inputs: setting(
    "Data:",
    "--inputs <names>",
    eachOnce,
    "MR inputs in channel order, e.g. t1,t2 (default: all that are there)",
  ),
  layout: setting(
    "Data:",
    "--layout <kind>",
    oneOf("auto", "synthrad", "pair"),
    "auto (default), synthrad (case folders) or pair (one MR and CT)",
  ),
  split: setting(
    "Data:",
    "--split <shares>",
    shares,
    "shares of patients: train,validation,test (default: 0.8,0.1,0.1)",
  ),
  slab: setting("Data:", "--slab <n>", positive, "of a pair: slices in a slab (default: 6)"),
  every: setting(
    "Data:",
    "--every <n>",
    integer(3),
    "of a pair: each so manyth slab is held out for the test (default: 5)",
  ),
  subjects: setting(PHANTOM, "--subjects <counts>", heads, "heads: train,validation,test (default: 12,1,2)"),
  phantomShape: setting(
    PHANTOM,
    "--phantom-shape <x,y,z>",
    list(integer(8), 3),
    "voxels (default: 96,112,80)",
  ),
  phantomSpacing: setting(
    PHANTOM,
    "--phantom-spacing <x,y,z>",
    list(number(0.1, 40), 3),
    "voxel size in mm (default: 2,2,2)",
  ),
} satisfies Record<string, Setting<unknown>>;

type Key = keyof typeof SETTINGS;
const KEYS = Object.keys(SETTINGS) as Key[];

/** What is set; everything else is left to the library's defaults. */
export type TrainSettings = { readonly [K in Key]?: ReturnType<(typeof SETTINGS)[K]["read"]> };

/** The settings as options for commander. */
export function settingOptions(): Option[] {
  return KEYS.map((key) => {
    const { flag, about, group } = SETTINGS[key];
    return new Option(flag, about).helpGroup(group);
  });
}

/** Checks values of unknown origin. `nameOf` says how errors call a setting. */
function readSettings(
  given: Readonly<Record<string, unknown>>,
  nameOf: (key: string) => string,
): TrainSettings {
  const read: Partial<Record<Key, unknown>> = {};
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined || value === null) continue;
    const known = KEYS.find((k) => k === key);
    if (!known) return fail("invalid-argument", "unknown setting", nameOf(key), orNearest(key, KEYS));
    read[known] = SETTINGS[known].read(value, nameOf(key));
  }
  return read as TrainSettings;
}

/** "--base-filters" of "baseFilters". */
export function flagOf(key: string): string {
  return SETTINGS[key as Key].flag.split(" ")[0]!;
}

/** Settings among parsed options, which also hold `--out` and others. */
export function settingsOfOptions(options: Readonly<Record<string, unknown>>): TrainSettings {
  const own = Object.entries(options).filter(([key]) => KEYS.some((k) => k === key));
  return readSettings(Object.fromEntries(own), flagOf);
}

/** @throws MidashError naming the file when it is not JSON or holds what is no setting */
export async function readConfig(path: string): Promise<TrainSettings> {
  return parseConfig(await readTextFile(path), path);
}

/** See {@link readConfig}. The checksum of a run's own config is no setting. */
export function parseConfig(content: string, path: string): TrainSettings {
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch (error) {
    return fail("invalid-file", `is not JSON: ${(error as Error).message}`, path, "mend it");
  }
  assert(
    typeof json === "object" && json !== null && !Array.isArray(json),
    "must hold one JSON object of settings",
    path,
    'for example { "epochs": 20 }',
  );
  const { sha256: _, ...settings } = json as Record<string, unknown>;
  return readSettings(settings, (key) => `${path}, "${key}"`);
}
