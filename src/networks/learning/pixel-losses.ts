import type { Tensor } from "@tensorflow/tfjs-core";
import { assert } from "../../base/errors/index.ts";
import type { Tf } from "../backends/index.ts";
import type { Loss } from "./loss.ts";
import { type LossOptions, pixelLoss } from "./output-loss.ts";

/** Mean absolute error: the capstone's loss, and the one whose optimum is the median, as MAE in HU asks for. */
export function l1({ of }: LossOptions = {}): Loss {
  return {
    ...pixelLoss("l1", { of }, absoluteError),
    about: "mean absolute error",
  };
}

/** Mean squared error. */
export function l2({ of }: LossOptions = {}): Loss {
  return {
    ...pixelLoss("l2", { of }, (tf, output, target) => tf.squaredDifference(output, target)),
    about: "mean squared error",
  };
}

/** Options of the Huber loss. */
export interface HuberOptions extends LossOptions {
  /** HU up to which errors are squared; larger ones count by their size. Default 100: about the noise of a CT and its resampling at edges. */
  readonly delta?: number;
}

/** Huber's loss (1964), PyTorch's `HuberLoss`: with δ in the output's units, error² / 2 up to δ and δ · (|error| - δ / 2) beyond. */
export function huber({ delta = 100, of }: HuberOptions = {}): Loss {
  assert(delta > 0, `delta must be positive, got ${delta}`, { where: { call: "losses.huber" } });
  return {
    ...pixelLoss("huber", { delta, of }, (tf, output, target, hu) => {
      const limit = delta * hu().scale;
      const size = absoluteError(tf, output, target);
      const small = tf.minimum(size, limit);
      // small² / 2 + limit · (size - small): one formula for both sides.
      return tf.add(tf.mul(tf.square(small), 0.5), tf.mul(tf.sub(size, small), limit));
    }),
    about: "Huber's loss: squared for errors of up to delta HU, absolute beyond",
  };
}

/** Options of the bone loss. */
export interface BoneOptions extends LossOptions {
  /** HU of the target up to which a pixel counts once. Default 100: denser than soft tissue, where the bone of the bone Dice begins. */
  readonly from?: number;
  /** HU of the target from which on it counts `weight` times; between the two the weight rises linearly. Default 300. */
  readonly to?: number;
  /** Default 4: as bone is a fifth to a quarter of a head, it then counts about as much as all else. */
  readonly weight?: number;
}

/**
 * L1 in which dense pixels of the target count more. It is divided by the number of pixels, not by the sum of their new weights: bone counts as much
 * in a slice that is full of it as in another.
 */
export function bone({ from = 100, to = 300, weight = 4, of }: BoneOptions = {}): Loss {
  const where = { call: "losses.bone" };
  assert(to > from, `from must be below to, got ${from} and ${to}`, { where });
  assert(weight >= 0, `weight must not be negative, got ${weight}`, { where });
  return {
    ...pixelLoss("bone", { from, to, weight, of }, (tf, output, target, hu) => {
      const { scale, offset } = hu();
      const [low, width] = [scale * from + offset, scale * (to - from)];
      const dense = tf.clipByValue(tf.div(tf.sub(target, low), width), 0, 1);
      return tf.mul(absoluteError(tf, output, target), tf.add(tf.mul(dense, weight - 1), 1));
    }),
    about: "mean absolute error in which bone, by the target's HU, counts more",
  };
}

function absoluteError(tf: Tf, output: Tensor, target: Tensor): Tensor {
  return tf.abs(tf.sub(output, target));
}
