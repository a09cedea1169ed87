import { Random } from "../../../base/random/index.ts";
import type { Json } from "../../../networks/learning/index.ts";
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

/**
 * Changes training samples at random: a value with a name and options, made by a factory such as `augmentations.flip()`. A sample's changes depend
 * on the seed, the epoch, the case and the place alone, so adding one to a run reorders nothing, and samples may be made in any order.
 */
export interface Augmentation {
  /** In configs, checkpoints and model files. Each name once in a run. */
  readonly name: string;
  /** What it is, on one line: `midash list` shows it. */
  readonly about?: string;
  /** Gives another sample and leaves the given one as it is. */
  apply(sample: Sample, random: Random): Sample;
  /** Name and options: `{ name, ...options }`. Runs that differ in it can't be resumed from each other. */
  toJSON(): Json;
}

/** A sample after all augmentations, in the order of the list. */
export function augmented(
  sample: Sample,
  list: readonly Augmentation[],
  /** `from`: of which epoch, pass, case and place the sample is. */
  { seed, from }: { readonly seed: number; readonly from: string },
): Sample {
  return list.reduce(
    (changed, each) => each.apply(changed, Random.fork(seed, `augment/${from}/${each.name}`)),
    sample,
  );
}
