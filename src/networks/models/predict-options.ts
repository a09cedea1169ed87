import type { Random } from "../../base/random/index.ts";

/** Options of `Model.predict`. */
export interface PredictOptions {
  /**
   * For models that draw: a generator of its own for sample n (0 first) of the batch. It depends on the seed and on which
   * slice the sample is, so that the result does not depend on the size of the batch.
   */
  random(sample: number): Random;
  /** Checked by models that work in many passes. */
  readonly signal?: AbortSignal;
}
