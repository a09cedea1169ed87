import { assert } from "../../../base/errors/index.ts";
import type { TrainConfig } from "../../../road/training/index.ts";
import { aboveZero, integer, list, number, oneOf, type Reader, text, tuple, yes } from "../io/readers.ts";

/** One setting of `midash train`: an option on the command line, and an entry of a config. */
interface Setting<T> {
  /** As commander writes it: "--base-filters <n>". */
  readonly flag: string;
  readonly about: string;
  readonly read: Reader<T>;
  readonly group: "Training:" | "Samples:" | "Data:" | "Phantom (DATA is the word phantom):";
}

function setting<T>(group: Setting<T>["group"], flag: string, read: Reader<T>, about: string): Setting<T> {
  return { flag, about, read, group };
}

const PHANTOM = "Phantom (DATA is the word phantom):";
const positive = integer(1);

const eachOnce: Reader<readonly string[]> = (value, where) => {
  const names = list(text)(value, where);
  assert(new Set(names).size === names.length, "names an input twice", { where, hint: "name each once" });
  return names;
};

const shares: Reader<readonly [number, number, number]> = (value, where) => {
  const read = tuple(number(0, 1), 3)(value, where);
  const sum = read.reduce((a, b) => a + b, 0);
  assert(Math.abs(sum - 1) < 1e-6, `must add up to 1, got ${Number(sum.toFixed(6))}`, {
    where,
    hint: "e.g. 0.8,0.1,0.1",
  });
  assert(read[0] > 0, "leaves none to train on", { where, hint: "e.g. 0.8,0.1,0.1" });
  return read;
};

const heads: Reader<readonly [number, number, number]> = (value, where) => {
  const read = tuple(integer(0), 3)(value, where);
  assert(read[0] > 0, "leaves none to train on", { where, hint: "e.g. 12,1,2" });
  return read;
};

/** A reader for every setting of a config but the model's, and none besides: tsc holds the two together. */
type Table = {
  readonly [K in Exclude<keyof TrainConfig, "model" | "modelOptions">]-?: Setting<
    NonNullable<TrainConfig[K]>
  >;
};

/** Every setting but the model's, by its key. Defaults are those of the library; `about` repeats them for readers. */
export const SETTINGS = {
  backend: setting(
    "Training:",
    "--backend <name>",
    text,
    "one that midash doctor lists (default: the first)",
  ),
  epochs: setting("Training:", "--epochs <n>", positive, "at most so many (default: 50)"),
  stepsPerEpoch: setting(
    "Training:",
    "--steps-per-epoch <n>",
    positive,
    "batches an epoch (default: each slice once)",
  ),
  batchSize: setting("Training:", "--batch-size <n>", positive, "slices a batch (default: 8)"),
  learningRate: setting(
    "Training:",
    "--learning-rate <x>",
    aboveZero,
    "of Adam (default: the model's, else 0.0001)",
  ),
  schedule: setting(
    "Training:",
    "--schedule <kind>",
    oneOf("constant", "cosine"),
    "learning rate: constant (default) or cosine",
  ),
  loss: setting("Training:", "--loss <name>", text, "l1 (default), l2 or a plugin's"),
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
    tuple(positive, 2, "x"),
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
    tuple(number(0.01, 100), 3),
    "voxel size in mm to work at (default: that of the first case)",
  ),
  biasField: setting(
    "Samples:",
    "--bias-field",
    yes,
    "take each MR's bias field (N4) out before it is normalised, here and in synthesis",
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
    "of a pair: every n-th slab is held out for the test (default: 5)",
  ),
  subjects: setting(PHANTOM, "--subjects <counts>", heads, "heads: train,validation,test (default: 12,1,2)"),
  phantomShape: setting(
    PHANTOM,
    "--phantom-shape <x,y,z>",
    tuple(integer(8), 3),
    "voxels (default: 96,112,80)",
  ),
  phantomSpacing: setting(
    PHANTOM,
    "--phantom-spacing <x,y,z>",
    tuple(number(0.1, 40), 3),
    "voxel size in mm (default: 2,2,2)",
  ),
} as const satisfies Table;
