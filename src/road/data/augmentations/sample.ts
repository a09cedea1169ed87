import type { Batch } from "../../../networks/models/index.ts";
import type { InputSpec, Sampler, TargetImage } from "../../preparation/index.ts";

/** An input of a sample. */
export interface SampleInput extends InputSpec {
  /** The value of what lies beyond the image, in the sample's range: its own background. 0 where the sample lacks the input. */
  readonly outside: number;
}

/** A target of a sample: labels have one whole number a pixel. */
export interface SampleTarget extends Batch {
  readonly kind: TargetImage["kind"];
  /** The value of what lies beyond the image, in the sample's range: air for a CT, 0 for labels. */
  readonly outside: number;
}

/** One training sample before it is stacked with others: batches of one. */
export interface Sample {
  readonly input: Batch;
  readonly targets: Readonly<Record<string, SampleTarget>>;
  /** World axes of the pixel axes, slowest first: axial slices ["y", "x"], coronal ["z", "x"], sagittal ["z", "y"], patches ["z", "y", "x"]. */
  readonly axes: Sampler["axes"];
  /** mm along each of {@link axes}. */
  readonly spacing: readonly number[];
  /** What the channels of `input` are, in this order; each has as many as the others. */
  readonly inputs: readonly SampleInput[];
}
