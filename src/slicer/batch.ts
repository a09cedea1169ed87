import type { Affine } from "../volume/index.ts";

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
  /** Affine of the grid that the samples were cut from. */
  readonly affine: Affine;
  /** The case of each sample, N of them. */
  readonly caseIds: readonly string[];
}

/** Input and target of the same samples. */
export interface PairedBatch {
  readonly input: Batch;
  readonly target: Batch;
}
