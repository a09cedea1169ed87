import type { Loss } from "./model.ts";

/** Losses by the names that configs use. Each is a mean over all values, or over those in the mask. */
export const losses: Readonly<Record<"l1" | "l2", Loss>> = {
  /** Mean absolute error: the capstone's loss, and the one whose optimum is the median, as MAE in HU asks for. */
  l1: (tf, prediction, target, mask) => masked(tf, tf.abs(tf.sub(prediction, target)), mask),
  /** Mean squared error. */
  l2: (tf, prediction, target, mask) => masked(tf, tf.squaredDifference(prediction, target), mask),
};

type Tensors = Parameters<Loss>;

/** `mask` is [N, H, W, 1]; each channel counts alike. An empty mask gives 0. */
function masked(tf: Tensors[0], error: Tensors[1], mask: Tensors[3]): ReturnType<Loss> {
  if (!mask) return tf.mean(error);
  const channels = error.shape[error.shape.length - 1]!;
  const count = tf.maximum(tf.mul(tf.sum(mask), channels), 1);
  return tf.div(tf.sum(tf.mul(error, mask)), count);
}
