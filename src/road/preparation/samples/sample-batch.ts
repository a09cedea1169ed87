import type { Volume } from "../../../imaging/volume/index.ts";
import type { Batch } from "../../../networks/models/index.ts";

/** Which volumes and samples go into a {@link Batch}. */
export interface SliceRequest {
  /** All on one canonical (RAS) grid. */
  readonly volumes: readonly Volume[];
  /**
   * Numbers of samples, from 0 to `count(shape)` - 1: slice by slice along the slice axis, and within a slice tile by tile, row by
   * row. Without `tile` a sample is a slice.
   */
  readonly indices: readonly number[];
  /** Value outside the volume when a slice is padded, one per volume. Default 0. */
  readonly fill?: readonly number[];
  /** Neighbours on each side as channels. Default: the slicer's; 0 for a target, which is the middle slice alone. */
  readonly context?: number;
  readonly mask?: Volume;
  readonly caseId?: string;
}

/** Samples as {@link Slicer.assemble} takes them: what a model made of `batch(indices)`. */
export interface SampleBatch {
  /** [N, H, W, 1] */
  readonly batch: Batch;
  readonly indices: readonly number[];
}
