import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import type { Tf } from "../backends/index.ts";
import type { Loss, TargetTensors } from "./loss.ts";
import { type LossOptions, outputLoss, pixelLoss } from "./output-loss.ts";

/** Cross-entropy of class probabilities against class numbers. */
export function crossEntropy({ of }: LossOptions = {}): Loss {
  return {
    ...pixelLoss("crossEntropy", { of }, negativeLogLikelihood),
    about: "cross-entropy of class probabilities, of an output of labels",
  };
}

/**
 * One less the soft Dice coefficient (Milletari et al. 2016) of class probabilities and class numbers: of a batch as a whole, and the mean of the
 * classes that occur in it. Each class counts alike, however small: cross-entropy alone learns an eye or marrow last.
 */
export function dice({ of }: LossOptions = {}): Loss {
  return {
    ...outputLoss("dice", { of }, softDice),
    about: "one less the soft Dice coefficient, the mean of the classes that occur, of an output of labels",
  };
}

/** Of probabilities [N, ..., classes] and class numbers [N, ..., 1]: [N, ..., 1]. */
function negativeLogLikelihood(tf: Tf, probabilities: Tensor, classes: Tensor): Tensor {
  const chosen = tf.sum(tf.mul(probabilities, oneHot(tf, probabilities, classes)), -1, true);
  return tf.neg(tf.log(tf.add(chosen, 1e-7)));
}

function softDice(tf: Tf, probabilities: Tensor, { values, weight }: TargetTensors): Scalar {
  const truth = tf.mul(oneHot(tf, probabilities, values), weight);
  const total = (x: Tensor) => tf.sum(tf.reshape(x, [-1, x.shape[x.shape.length - 1]!]), 0);
  const [shared, claimed, true_] = [
    total(tf.mul(probabilities, truth)),
    total(tf.mul(probabilities, weight)),
    total(truth),
  ];
  const dice = tf.div(tf.mul(shared, 2), tf.maximum(tf.add(claimed, true_), 1e-6));
  const occurs = tf.cast(tf.greater(true_, 0), "float32");
  const classes = tf.sum(occurs);
  const mean = tf.div(tf.sum(tf.mul(dice, occurs)), tf.maximum(classes, 1));
  return tf.sub(tf.minimum(classes, 1), mean) as Scalar; // nothing to learn of no class
}

/** Class numbers [N, ..., 1] as [N, ..., classes], like the probabilities. */
function oneHot(tf: Tf, probabilities: Tensor, classes: Tensor): Tensor {
  const count = probabilities.shape[probabilities.shape.length - 1]!;
  const indices = tf.reshape(tf.cast(classes, "int32"), classes.shape.slice(0, -1));
  return tf.cast(tf.oneHot(indices, count), "float32");
}
