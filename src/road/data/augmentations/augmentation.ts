import { Random } from "../../../base/random/index.ts";
import type { Json } from "../../../networks/learning/index.ts";
import type { Move } from "./geometry/move.ts";
import { moved } from "./geometry/moved.ts";
import type { Sample } from "./sample.ts";

/**
 * Changes training samples at random: a value with a name and options, made by a factory such as `augmentations.flip()`. A sample's changes depend
 * on the seed, the epoch, the case and the place alone, so adding one to a run reorders nothing, and samples may be made in any order.
 */
export interface Augmentation {
  /** In configs, checkpoints and model files. Each name once in a run. */
  readonly name: string;
  /** What it is, on one line: `midash list` shows it. */
  readonly about?: string;
  /**
   * For those that do nothing but move voxels: how, by the same draws as `apply`. Neighbours in a list of augmentations that have it are applied as one, so that
   * images are interpolated once. Absent: `apply` alone says what is done.
   */
  move?(sample: Sample, random: Random): Move | undefined;
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
  let changed = sample;
  let moves: Move[] = [];
  for (const each of list) {
    const random = Random.fork(seed, `augment/${from}/${each.name}`);
    if (each.move) {
      const move = each.move(changed, random);
      if (move) moves.push(move);
      continue;
    }
    changed = each.apply(moved(changed, moves), random);
    moves = [];
  }
  return moved(changed, moves);
}
