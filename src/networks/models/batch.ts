/**
 * What flows into and out of models: samples with channels last, on the CPU.
 *
 * `data` holds `shape` = [N, H, W, C] (2-D) or [N, D, H, W, C] (3-D), the last axis fastest.
 */
export interface Batch {
  readonly data: Float32Array;
  readonly shape: readonly number[];
  /** Weight of each pixel in the loss, mostly 0 or 1; shape as `data` but with one channel. */
  readonly mask?: Float32Array;
  /** Of shape [N, inputs]; 0 where a sample lacks an input, whose channels then hold 0. Absent: every sample has all of them. */
  readonly present?: Uint8Array;
}

/** Where a sample is from. */
export interface SampleOrigin {
  /** Its id. */
  readonly case: string;
  /** As the run's sampler counts: of slices the number of the slice first, of patches their first voxel. */
  readonly place: readonly number[];
  /** Of the target, where that is of another case. */
  readonly target?: Omit<SampleOrigin, "target">;
}

/**
 * What a training step learns from: inputs, and targets by the names of the model's outputs. Of a paired source sample n of each
 * shows the same place; of an unpaired one they are of different cases. Masks hold 1 in the body; inputs have their own, for models that learn without pairs.
 */
export interface TrainBatch {
  readonly input: Batch;
  readonly targets: Readonly<Record<string, Batch>>;
  /** Where each sample is from, for people who look for one. Absent where the source does not say. */
  readonly origins?: readonly SampleOrigin[];
}
