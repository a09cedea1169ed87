import { assert, orNearest } from "../../base/errors/index.ts";
import { kind, option, refined, valueKinds } from "../../base/options/index.ts";
import type { SliceAxis } from "../../imaging/display/index.ts";
import { RARE_CASES } from "../../imaging/phantom/index.ts";
import type { Schedule } from "../../networks/learning/index.ts";
import type { SliceFit } from "../preparation/index.ts";
import { byteCount, partOption, partsOption, type TrainFacts } from "./train-option.ts";

const { integer, number, texts, tuple } = valueKinds;

/** Names the facts only: with the whole option's type each would be taken for an option of anything. */
type Facts = Readonly<Record<string, TrainFacts>>;

const inputNames = refined(texts(), (names, where) =>
  assert(new Set(names).size === names.length, "names an input twice", { where, hint: "name each once" }),
);

/**
 * Options that the Trainer takes under the same names. From this table come its checks, the flags of `midash train` with their help, the types of
 * configs, what resuming compares and what model files say: a new option is one entry here, and the code that uses it.
 */
export const TRAINER_OPTIONS = {
  epochs: {
    ...option.integer({ default: 50, min: 1, about: "at most so many" }),
    group: "Training:",
    /** Some schedules end with the run, so its length shapes them. */
    resume: ({ schedule }) => (schedule as Schedule | undefined)?.endsWithRun === true,
  },
  stepsPerEpoch: {
    ...option.integer({
      min: 1,
      about:
        "steps an epoch; fewer validate more often, more go over the samples again (default: each sample once)",
    }),
    group: "Training:",
    resume: true,
    provenance: true,
  },
  batchSize: {
    ...option.integer({ default: 8, min: 1, about: "samples a batch" }),
    group: "Training:",
    resume: true,
    provenance: true,
  },
  learningRate: {
    ...option.number({
      above: 0,
      about:
        "in place of the optimizer's own; of several the others keep their ratio to the first (default: the model's, else 0.0001)",
    }),
    group: "Training:", // recorded as part of the optimizer
  },
  accumulate: {
    ...option.integer({
      default: 1,
      min: 1,
      about:
        "batches whose gradients make one step, by their mean: as a batch so many times as large, in the memory of one",
    }),
    group: "Training:",
    resume: true,
    provenance: true,
  },
  schedule: {
    ...partOption({ about: "of the learning rate (default: constant)" }),
    group: "Training:",
    names: "schedules",
    resume: true,
    provenance: true,
  },
  loss: {
    ...partOption({ about: "what training minimises (default: l1, and of other outputs what suits them)" }),
    group: "Training:",
    names: "losses",
    resume: true,
    provenance: true,
  },
  optimizer: {
    ...partOption({ about: "how weights follow gradients (default: the model's, else adam)" }),
    group: "Training:",
    names: "optimizers",
    resume: true,
    provenance: true,
  },
  ema: {
    ...option.number({
      default: 0,
      min: 0,
      max: 0.99999,
      about:
        "decay a step of the moving average of the weights, which is then what is validated and kept, e.g. 0.999; 0: the weights themselves",
    }),
    group: "Training:",
    resume: true,
    provenance: true,
  },
  freeze: {
    ...option.of(texts(), {
      about:
        "weights that stay as they are, by name, * for any letters, e.g. encoder.*; what fits none is refused, and the names are shown (default: none)",
    }),
    group: "Training:",
    shown: "names",
    resume: true,
    provenance: true,
  },
  augmentations: {
    ...partsOption({ about: "random changes of samples, in this order (default: none)" }),
    group: "Training:",
    names: "augmentations",
    resume: true,
    provenance: true,
  },
  batches: {
    ...partOption({ about: "how samples meet in batches (default: what the model asks for, mostly paired)" }),
    group: "Training:",
    names: "batchSources",
    resume: true,
    provenance: true,
  },
  metric: {
    ...partOption({
      about: "what validation watches and which epoch is best by (default: mae)",
    }),
    group: "Training:",
    names: "watches",
    resume: true,
    provenance: true,
  },
  patience: {
    ...option.integer({
      default: 10,
      min: 0,
      about: "epochs without a better validation before stopping early; 0: never stop",
    }),
    group: "Training:",
  },
  seed: {
    ...option.integer({
      default: 0,
      min: 0,
      about: "decides weights, order and random changes of samples, and the split",
    }),
    group: "Training:",
    resume: true,
  },
  keepBest: {
    ...option.integer({
      default: 0,
      min: 0,
      about:
        "so many epochs, the best ones, have a model file of their own, with the value in its name, besides best.safetensors",
    }),
    group: "Training:",
  },
  checkpointMinutes: {
    ...option.number({
      default: 10,
      min: 0,
      about:
        "minutes between checkpoints within an epoch: a killed run loses no more; 0: at the end of epochs, and when stopped",
    }),
    group: "Training:",
  },
  memory: {
    ...option.of(byteCount, {
      default: 512 * 2 ** 20,
      about:
        "bytes of cases that are held, or whose samples are shuffled together; the model's own memory is not counted (default: 512M)",
    }),
    group: "Training:",
    shown: "512M",
    resume: true,
  },
  foreground: {
    ...option.number({
      default: 0,
      min: 0,
      max: 1,
      about:
        "share of patches that are centred on labels, or without any on bone, rather than anywhere that is learnt, e.g. 0.33 as nnU-Net",
    }),
    group: "Samples:",
    resume: true,
    provenance: true,
  },
  licence: {
    ...option.text({ default: "UNLICENSED", about: "of the weights, an SPDX identifier" }),
    group: "Training:",
  },
  spacing: {
    ...option.of(tuple(3, number({ min: 0.01, max: 100 })), {
      about: "voxel size in mm to work at (default: that of the first case)",
    }),
    group: "Samples:", // recorded with all that is done to volumes, as inputs are
    shown: "x,y,z",
  },
  inputs: {
    ...option.of(inputNames, {
      about: "MR inputs in channel order, e.g. t1,t2 (default: all that are there)",
    }),
    group: "Data:",
    shown: "names",
  },
  optionalInputs: {
    ...option.of(inputNames, {
      about:
        "of the inputs, those that a case may lack; the augmentation dropInputs teaches the model to do without (default: none)",
    }),
    group: "Data:",
    shown: "names",
  },
} as const satisfies Facts;

const positive = integer({ min: 1 });

/** Options of a config that say what a run leaves to look at. */
const LOG_OPTIONS = {
  previews: {
    ...option.integer({
      default: 1,
      min: 0,
      about: "a picture of a validation case every so many epochs, in previews/; 0: none",
    }),
    group: "Training:",
  },
  tensorboard: {
    ...option.boolean({
      default: false,
      about: "also write event files for TensorBoard, with scalars and pictures",
    }),
    group: "Training:",
  },
} as const satisfies Facts;

/** Options of a config from which values for the Trainer are made: a backend, a slicer, normalizers, a background. */
const RECIPE_OPTIONS = {
  backend: {
    ...option.text({
      about: "where tensors are computed; midash doctor says which work here (default: the first)",
    }),
    group: "Training:",
    names: "backends",
  },
  threads: {
    ...option.integer({
      min: 0,
      max: 64,
      about:
        "that cut and augment samples of prepared data while the model computes; samples are the same for any number (default: one less than cores, at least 1, at most 4)",
    }),
    group: "Training:",
  },
  from: {
    ...option.text({
      about:
        "model file to go on from: its weights, and its network, inputs, samples and normalizers unless told otherwise (default: random weights)",
    }),
    group: "Training:",
    shown: "file",
  },
  flip: {
    ...option.boolean({ default: false, about: "mirror left and right at random: the augmentation flip" }),
    group: "Training:",
  },
  outside: {
    ...option.choice(["air", "keep"], {
      default: "air",
      about: "what synthesis does outside the body: air, or keep what the model made",
    }),
    group: "Training:",
  },
  sampler: {
    ...partOption({ about: "how samples are cut (default: slices, for 3-D models patches)" }),
    group: "Samples:",
    names: "samplers",
  },
  axis: {
    ...option.choice<SliceAxis>(["axial", "coronal", "sagittal"], {
      default: "axial",
      about: "of slices: those across it",
    }),
    group: "Samples:",
  },
  size: {
    ...option.of(tuple([2, 3], positive, "x"), {
      about:
        "pixels of a slice, e.g. 256x256 (default: as large as the first case needs), or voxels of a patch, e.g. 64x64x64 (default: 96x96x96)",
    }),
    group: "Samples:",
    shown: "(Dx)HxW",
  },
  fit: {
    ...option.choice<SliceFit>(["crop-pad", "resize", "tile"], {
      default: "crop-pad",
      about: "how slices get to that size; tile: overlapping tiles, blended again in synthesis",
    }),
    group: "Samples:",
  },
  overlap: {
    ...option.number({
      min: 0,
      max: 0.95,
      about: "of neighbouring tiles or patches in synthesis, of tiles in training too (default: 0.25)",
    }),
    group: "Samples:",
  },
  context: {
    ...option.integer({
      default: 0,
      min: 0,
      max: 16,
      about: "slices on each side that the network sees too, as channels: 2.5-D",
    }),
    group: "Samples:",
  },
  perCase: {
    ...option.integer({
      min: 1,
      about: "of patches: random ones of a case each time that training comes to it (default: 4)",
    }),
    group: "Samples:",
  },
  biasField: {
    ...option.boolean({
      default: false,
      about: "take each MR's bias field (N4) out before it is normalised, here and in synthesis",
    }),
    group: "Samples:",
  },
} as const satisfies Facts;

const threeShares = tuple(3, number({ min: 0, max: 1 }));

function assertShares(read: readonly [number, number, number], where: string): void {
  const sum = read.reduce((a, b) => a + b, 0);
  assert(Math.abs(sum - 1) < 1e-6, `must add up to 1, got ${Number(sum.toFixed(6))}`, {
    where,
    hint: "e.g. 0.8,0.1,0.1",
  });
  assert(read[0] > 0, "leaves none to train on", { where, hint: "e.g. 0.8,0.1,0.1" });
}

const heads = refined(tuple(3, integer({ min: 0 })), (read, where) =>
  assert(read[0] > 0, "leaves none to train on", { where, hint: "e.g. 12,1,2" }),
);

/** "t2=0.33,pd=0.5" as [["t2", "0.33"], ["pd", "0.5"]]. */
const pairsIn = (text: string) =>
  text.split(",").map((part) => {
    const [name = "", ...value] = part.split("=");
    return [name.trim(), value.join("=").trim()] as const;
  });

const isRecordOf = (value: unknown, test: (each: unknown) => boolean) =>
  typeof value === "object" && value !== null && !Array.isArray(value) && Object.values(value).every(test);

/** `{ t2: 0.33 }`, on a command line `t2=0.33`. */
const sharesByName = kind<Readonly<Record<string, number>>>(
  "list",
  "shares from 0 to 1 by name, e.g. t2=0.33",
  (value) => isRecordOf(value, (share) => typeof share === "number" && share >= 0 && share <= 1),
  {
    parse: (text) =>
      Object.fromEntries(
        pairsIn(text).map(([name, share]) => [
          name,
          share === "" || Number.isNaN(Number(share)) ? share : Number(share),
        ]),
      ),
  },
);

const rareShares = refined(sharesByName, (read, where) => {
  const known = Object.keys(RARE_CASES);
  for (const name of Object.keys(read))
    assert(known.includes(name), `"${name}" is no rare case`, { where, hint: orNearest(name, known) });
});

const isTextsByName = (value: unknown) =>
  isRecordOf(value, (text) => typeof text === "string" && text !== "");

const textsByName = (text: string) => Object.fromEntries(pairsIn(text));

/** `{ mr: "<id>/T1.nii.gz" }`, on a command line `mr=<id>/T1.nii.gz`. */
const pathsByName = kind<Readonly<Record<string, string>>>(
  "list",
  "a path by name, e.g. mr=*/T1.nii.gz",
  isTextsByName,
  { parse: textsByName },
);

/** `{ ct: "planning_ct" }`, on a command line `ct=planning_ct`. */
const columnsByName = kind<Readonly<Record<string, string>>>(
  "list",
  "a column by name, e.g. ct=planning_ct",
  isTextsByName,
  { parse: textsByName },
);

const PARTS = ["train", "validation", "test"];

/** Names by part, where names are not from a file. */
type PartNames = Readonly<Partial<Record<"train" | "validation" | "test", readonly string[]>>>;

/** Shares, the path of a file or of a run's folder, or names by part. */
const split = refined(
  kind<readonly [number, number, number] | string | PartNames>(
    "list",
    'shares (0.8,0.1,0.1), a .csv, .tsv or .json file, the folder of a run, or names by part ("validation=a,b test=c")',
    (value) =>
      threeShares.is(value) ||
      (typeof value === "string" && value !== "") ||
      (isRecordOf(
        value,
        (names) => Array.isArray(names) && names.every((name) => typeof name === "string"),
      ) &&
        Object.keys(value as object).every((part) => PARTS.includes(part))),
    { parse: splitIn },
  ),
  (read, where) => {
    if (threeShares.is(read)) assertShares(read, where);
  },
);

function splitIn(text: string): unknown {
  if (/^[\d\s.,]+$/.test(text)) return text.split(",").map(Number);
  if (!text.includes("=")) return text;
  const parts = text.trim().split(/\s+/);
  return Object.fromEntries(
    parts.map((part) => {
      const [name = "", names = ""] = part.split("=");
      return [name, names.split(",")];
    }),
  );
}

const PHANTOM = "Phantom (DATA is the word phantom):";

/** Options of a config that say which cases there are. */
const DATA_OPTIONS = {
  layout: {
    ...option.choice(["auto", "synthrad", "flat", "nnunet", "bids", "dicom", "table", "pair", "labels"], {
      default: "auto",
      about:
        "synthrad (case folders), flat (<id>_mr, <id>_ct), nnunet (imagesTr), bids (sub-<id>), dicom (folders of series), table (CSV, JSON), pair (one MR and CT) or labels (label maps of whole heads, of which random heads are made); auto looks for all but labels",
    }),
    group: "Data:",
  },
  structure: {
    ...option.text({ about: "name of the structure in masks that are RTSTRUCT or SEG files" }),
    group: "Data:",
    shown: "name",
  },
  pattern: {
    ...option.of(pathsByName, {
      about:
        "where files lie, in place of a layout; given once for each input, for ct and mask: <id> or the first * is the case (default: as the layout has it)",
    }),
    group: "Data:",
    shown: "name=path",
    repeated: true,
  },
  column: {
    ...option.of(columnsByName, {
      about:
        "which column of a table is what, where it is not called so; may be repeated (default: columns are called ct, mr, id, ...)",
    }),
    group: "Data:",
    shown: "name=column",
    repeated: true,
  },
  skipIncomplete: {
    ...option.boolean({ default: false, about: "leave cases out that lack a file, and say which" }),
    group: "Data:",
  },
  split: {
    ...option.of(split, {
      about:
        "who is in which part; names are of cases or patients (default: a table's column split, else 0.8,0.1,0.1 of the patients; of label maps all train)",
    }),
    group: "Data:",
    shown: "shares|file|run|part=names",
  },
  folds: {
    ...option.integer({
      min: 2,
      about:
        "train so many models, each validated on another part of all but the test cases, in fold-1, fold-2, ..., and make one model of them (default: no folds)",
    }),
    group: "Data:",
  },
  slab: {
    ...option.integer({ min: 1, about: "of a pair: slices in a slab (default: 6)" }),
    group: "Data:",
  },
  every: {
    ...option.integer({ min: 3, about: "of a pair: every n-th slab is held out for the test (default: 5)" }),
    group: "Data:",
  },
  subjects: {
    ...option.of(heads, { about: "heads: train,validation,test (default: 12,1,2)" }),
    group: PHANTOM,
    shown: "counts",
  },
  missing: {
    ...option.of(sharesByName, {
      about: "share of the training heads that lack an optional input (default: none)",
    }),
    group: PHANTOM,
    shown: "name=share",
  },
  rare: {
    ...option.of(rareShares, {
      about:
        "of heads from label maps: shares with what is rare, e.g. craniectomy=0.05 hair=0 (default: those of RARE_CASES)",
    }),
    group: PHANTOM,
    shown: "case=share",
  },
  phantomShape: {
    ...option.of(tuple(3, integer({ min: 8 })), {
      about: "voxels (default: 96,112,80; of heads from label maps 136,168,168)",
    }),
    group: PHANTOM,
    shown: "x,y,z",
  },
  phantomSpacing: {
    ...option.of(tuple(3, number({ min: 0.1, max: 40 })), {
      about: "voxel size in mm (default: 2,2,2; of heads from label maps 1.5,1.5,1.5)",
    }),
    group: PHANTOM,
    shown: "x,y,z",
  },
} as const satisfies Facts;

/** Every option of a config's `train`, and so of `midash train`, but the model and its options. */
export const TRAIN_OPTIONS = {
  ...TRAINER_OPTIONS,
  ...LOG_OPTIONS,
  ...RECIPE_OPTIONS,
  ...DATA_OPTIONS,
} as const;
