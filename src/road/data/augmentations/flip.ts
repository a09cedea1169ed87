import type { Random } from "../../../base/random/index.ts";
import type { Augmentation } from "./augmentation.ts";
import type { FlipMove } from "./geometry/move.ts";
import { moved } from "./geometry/moved.ts";
import type { Sample } from "./sample.ts";
import { checkShare } from "./settings.ts";

/** Options of `augmentations.flip`. */
export interface FlipOptions {
  /** World axis along which samples are mirrored. Default `x`, left and right: the body is nearly symmetric there, and nowhere else. */
  readonly axis?: "x" | "y" | "z";
  /** How often. Default 0.5: both sides as often. */
  readonly share?: number;
}

/** Mirrors samples, inputs and targets alike. Those in which the axis does not lie stay as they are. */
export function flip({ axis = "x", share = 0.5 }: FlipOptions = {}): Augmentation {
  checkShare(share, { call: "augmentations.flip" });
  const move = ({ axes }: Sample, random: Random): FlipMove | undefined => {
    const at = axes.indexOf(axis);
    if (at < 0 || random.next() >= share) return undefined;
    return { kind: "flip", axis: (at + 3 - axes.length) as 0 | 1 | 2 };
  };
  return {
    name: "flip",
    about: "mirrors samples along a world axis",
    toJSON: () => ({ name: "flip", axis, share }),
    move,
    apply(sample, random) {
      const made = move(sample, random);
      return made ? moved(sample, [made]) : sample;
    },
  };
}
