import { MidashError } from "../../base/errors/index.ts";
import type { ImageOrigin } from "../../imaging/volume/index.ts";
import type { NamedArray, NamedArrays, OptimizersState } from "../../networks/learning/index.ts";
import type { ModelState, NamedLosses } from "../../networks/models/index.ts";
import {
  assertIntact,
  decodeSafetensors,
  encodeChecked,
  type ModelBundle,
  type Provenance,
} from "../model-file/index.ts";
import type { DataMarks } from "./data-marks.ts";
import type { LossSums } from "./loss-means.ts";
import type { Watched } from "./watch.ts";

/** One line of a run's history. */
export interface EpochRecord {
  readonly epoch: number;
  /** Mean training loss over the epoch's steps, in the normalised range. */
  readonly loss: number;
  /** The same of every loss that the model names, `loss` among them. */
  readonly losses: NamedLosses;
  /** Mean over the validation cases of the metric that the run watches; null without any. */
  readonly validation: Watched | null;
  readonly learningRate: number;
  readonly seconds: number;
}

/** The epoch whose weights are the result, and what validation found then. */
export interface BestEpoch {
  /** 0 before the first. */
  readonly epoch: number;
  readonly validation: Watched | null;
}

/** A learning rate that was set while the run went. */
export interface RateChange {
  /** Steps that were done before. */
  readonly step: number;
  readonly learningRate: number;
}

/** The epoch in progress, as far as it is done. */
export interface EpochSoFar {
  /** Batches that were learnt from. */
  readonly batches: number;
  readonly losses: LossSums;
  /** What the learning rate was multiplied by in the last step. */
  readonly rate: number;
  readonly seconds: number;
}

/** What must be the same for a run to go on. */
export interface RunIdentity {
  /** As JSON. */
  readonly settings: string;
  readonly data: DataMarks;
}

/** Everything a run needs to go on after a step, its result so far included: one file, so all of one instant. */
export interface Checkpoint {
  readonly weights: NamedArrays;
  /** The moving average of the weights; null when the run keeps none. */
  readonly average: NamedArrays | null;
  /** What the model keeps beyond its weights; null when nothing. */
  readonly model: ModelState | null;
  readonly optimizers: OptimizersState;
  /** Whole epochs that are done. */
  readonly epoch: number;
  /** Steps that are done, over all epochs. */
  readonly step: number;
  readonly now: EpochSoFar;
  readonly best: BestEpoch;
  /** The model of the best epoch; null before the first has ended. */
  readonly result: ModelBundle | null;
  readonly history: readonly EpochRecord[];
  readonly changes: readonly RateChange[];
  /** What the images are of, as far as it was known by then. */
  readonly trainedOn: ImageOrigin;
  /** The model that the run began with; null where it was none. */
  readonly from: NonNullable<Provenance["from"]> | null;
  readonly identity: RunIdentity;
}

export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const { weights, average, model, optimizers, result, ...rest } = checkpoint;
  const { weights: best = {}, ...resultJson } = result ?? {};
  const bestIsLast = best === (average ?? weights);
  const groups = {
    weights,
    average: average ?? {},
    model: model?.tensors ?? {},
    optimizer: optimizers.tensors,
    best: bestIsLast ? {} : best, // stored once when this is the best epoch
  };
  const tensors: Record<string, NamedArray> = {};
  for (const [group, arrays] of Object.entries(groups))
    for (const [name, array] of Object.entries(arrays)) tensors[`${group}/${name}`] = array;
  const json = {
    schema: 4,
    ...rest,
    modelJson: model ? [model.json] : null,
    optimizerSteps: optimizers.steps,
    result: result && resultJson,
    averaged: average !== null,
    bestIsLast,
  };
  return encodeChecked({
    tensors,
    metadata: { format: "midash-checkpoint", checkpoint: JSON.stringify(json) },
  });
}

/** @throws MidashError `invalid-file` when the bytes are damaged or no checkpoint */
export function decodeCheckpoint(bytes: Uint8Array, where: string): Checkpoint {
  const hint = "start the run again in another folder";
  const { tensors, metadata } = decodeSafetensors(bytes, where);
  if (!metadata.checkpoint) throw new MidashError("invalid-file", "is no checkpoint", { where, hint });
  assertIntact(bytes, where, hint);
  const { schema, modelJson, optimizerSteps, result, averaged, bestIsLast, ...rest } = JSON.parse(
    metadata.checkpoint,
  );
  if (schema !== 4) throw new MidashError("invalid-file", "was written by another version", { where, hint });
  const under = (group: string): NamedArrays =>
    Object.fromEntries(
      Object.entries(tensors)
        .filter(([name]) => name.startsWith(`${group}/`))
        .map(([name, array]) => [name.slice(group.length + 1), array]),
    );
  const weights = under("weights");
  const average = averaged ? under("average") : null;
  return {
    ...rest,
    weights,
    average,
    model: modelJson && { tensors: under("model"), json: modelJson[0] },
    optimizers: { tensors: under("optimizer"), steps: optimizerSteps },
    result: result && { ...result, weights: bestIsLast ? (average ?? weights) : under("best") },
  };
}
