import type { TrainBatch } from "../../../networks/models/index.ts";
import type { Augmentation } from "../augmentations/augmentation.ts";
import type { Case } from "../case.ts";
import type { DrawnSample, LentBatch } from "./loader.ts";
import type { TrainingCase } from "./training-case.ts";

/** What a run gives a batch source. */
export interface BatchContext {
  /** Of the training part. */
  readonly cases: readonly Case[];
  /** A case on the model's grid and in its range. Cases that were used lately are kept, so ask again rather than hold on to one. */
  prepare(source: Case, signal?: AbortSignal): Promise<TrainingCase>;
  /** Cuts samples, changes them by the augmentations and makes a batch of them, here or in a thread. */
  cut(samples: readonly DrawnSample[], signal?: AbortSignal): Promise<LentBatch>;
  /** Batches that may be asked of `cut` before the first is there; 0 or 1: one at a time. */
  readonly ahead: number;
  readonly augmentations: readonly Augmentation[];
  readonly batchSize: number;
  /** Batches in an epoch: fewer than one pass over the samples, or several passes. Infinity for exactly one pass. */
  readonly stepsPerEpoch: number;
  readonly seed: number;
  /** Samples of so many bytes of cases are shuffled together; more cases are read when these are used up. */
  readonly groupBytes: number;
}

/** Options of {@link BatchSource.epoch}. */
export interface EpochOptions {
  readonly signal?: AbortSignal;
  /**
   * Batches at the epoch's start that are left out: what a run that is resumed within an epoch has learnt from. Their samples are drawn and not cut, so
   * the batches that follow are those of the whole epoch. Default 0.
   */
  readonly from?: number;
}

/** Gives the batches that a run learns from. */
export interface BatchSource {
  /**
   * The batches of one epoch. They depend on the seed and the number of the epoch alone, or a run could not be resumed exactly. The arrays of a batch are lent:
   * they may be written anew once the next batch is asked for, so copy what is to be kept.
   *
   * @param epoch from 0
   */
  epoch(epoch: number, options?: EpochOptions): AsyncIterable<TrainBatch>;
}

/** A way to make batches, by its name: what a model or a run asks for. */
export interface BatchSourceType {
  readonly name: string;
  /** @throws MidashError `invalid-argument` for cases that it can't draw from */
  open(context: BatchContext): BatchSource;
}
