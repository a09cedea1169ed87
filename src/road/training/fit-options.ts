/** Where a run stands when it asks {@link FitOptions.steer}. */
export interface SteerNow {
  /** Whole epochs that are done. */
  readonly epoch: number;
  /** Steps that are done, over all epochs. */
  readonly step: number;
}

/** What is changed from the next step on. */
export interface Steering {
  /** Takes the place of the optimizer's own: the schedule multiplies it from now on. Of several optimizers the others keep their ratio to the first. */
  readonly learningRate?: number;
  /** Ends the run here, after a checkpoint of this very step. */
  readonly stop?: boolean;
}

/** Options of `Trainer.fit`. */
export interface FitOptions {
  /** Checked before every step. When it fires the store gets a checkpoint of the last step, and `fit` throws `aborted`. */
  readonly signal?: AbortSignal;
  /** Go on from the store's checkpoint, if it has one. Default false: start anew. */
  readonly resume?: boolean;
  /**
   * Asked before every step; what it gives is recorded in the checkpoint, so that a resumed run repeats it. Default: nothing is changed.
   *
   * @returns `undefined` to go on as before
   */
  readonly steer?: (now: SteerNow) => Steering | undefined;
}
