import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import { assert } from "../../base/errors/index.ts";
import type { Tf } from "../backends/index.ts";
import type { Json } from "./arrays.ts";
import type { Loss, OpenLoss, PixelError, TargetTensors } from "./loss.ts";

/** Options of losses that compare one output with its target. */
export type LossOptions = {
  /** The output, by its name. Default: `ct`. */
  readonly of?: string;
};

/**
 * Losses, each made by its factory. All but `sum` are means over the pixels of one output, each counting as much as its weight.
 *
 * @example
 * const loss = losses.sum([[1, losses.l1()], [0.1, losses.crossEntropy({ of: "tissue" })]]);
 */
export const losses = {
  /** Mean absolute error: the capstone's loss, and the one whose optimum is the median, as MAE in HU asks for. */
  l1: ({ of }: LossOptions = {}): Loss => ({
    ...pixelLoss("l1", { of }, (tf, output, target) => tf.abs(tf.sub(output, target))),
    about: "mean absolute error",
  }),
  /** Mean squared error. */
  l2: ({ of }: LossOptions = {}): Loss => ({
    ...pixelLoss("l2", { of }, (tf, output, target) => tf.squaredDifference(output, target)),
    about: "mean squared error",
  }),
  /** Cross-entropy of class probabilities against class numbers. */
  crossEntropy: ({ of }: LossOptions = {}): Loss => ({
    ...pixelLoss("crossEntropy", { of }, negativeLogLikelihood),
    about: "cross-entropy of class probabilities, of an output of labels",
  }),
  /**
   * One less the soft Dice coefficient (Milletari et al. 2016) of class probabilities and class numbers: of a batch as a whole, and the mean of the
   * classes that occur in it. Each class counts alike, however small: cross-entropy alone learns an eye or marrow last.
   */
  dice: ({ of }: LossOptions = {}): Loss => ({
    ...lossOf("dice", { of }, softDice),
    about: "one less the soft Dice coefficient, the mean of the classes that occur, of an output of labels",
  }),
  /** A weighted sum of losses, e.g. of several outputs. */
  sum: (terms: readonly (readonly [weight: number, loss: Loss])[]): Loss => sumOf(terms),
} as const;

/**
 * A loss that is a weighted mean over the pixels of one output.
 *
 * @param options `of`, and all others that the loss depends on: they are recorded in model files, and resuming compares them
 * @example
 * export const charbonnier = ({ eps = 1e-3, of }: { eps?: number; of?: string } = {}) => ({
 *   ...pixelLoss("charbonnier", { eps, of }, (tf, y, target) => tf.sqrt(tf.add(tf.squaredDifference(y, target), eps * eps))),
 *   about: "mean of sqrt(error² + eps²)",
 * });
 */
export function pixelLoss(
  name: string,
  options: LossOptions & { readonly [option: string]: Json | undefined },
  error: PixelError,
): Loss {
  return lossOf(name, options, (tf, output, { values, weight }) =>
    weightedMean(tf, error(tf, output, values), weight),
  );
}

/** A loss of one output. */
function lossOf(
  name: string,
  { of = "ct", ...options }: LossOptions,
  value: (tf: Tf, output: Tensor, target: TargetTensors) => Scalar,
): Loss {
  return {
    name,
    toJSON: () => ({ name, of, ...options }),
    open: ({ tensors }) => ({
      value(outputs, targets) {
        const { tf } = tensors;
        const [output, target] = [outputs[of], targets[of]];
        assert(output && target, `there is no ${output ? "target" : "output"} "${of}"`, {
          where: `loss ${name}`,
          hint: `outputs are ${Object.keys(outputs).join(", ")}, targets ${Object.keys(targets).join(", ")}`,
        });
        return value(tf, output, target);
      },
    }),
  };
}

/** Each channel counts alike. Without any weight the mean is 0. */
function weightedMean(tf: Tf, error: Tensor, weight: Tensor): Scalar {
  const channels = error.shape[error.shape.length - 1]!;
  const count = tf.maximum(tf.mul(tf.sum(weight), channels), 1);
  return tf.div(tf.sum(tf.mul(error, weight)), count);
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

function sumOf(terms: readonly (readonly [number, Loss])[]): Loss {
  assert(terms.length > 0, "a sum needs at least one loss", { where: { call: "losses.sum" } });
  return {
    name: terms.map(([, { name }]) => name).join("+"),
    toJSON: () => ({ name: "sum", terms: terms.map(([weight, loss]) => [weight, loss.toJSON()]) }),
    async open(session) {
      const { tf } = session.tensors;
      const opened: (readonly [number, OpenLoss])[] = [];
      for (const [weight, loss] of terms) opened.push([weight, await loss.open(session)]);
      return {
        value: (outputs, targets) =>
          tf.addN(opened.map(([weight, loss]) => tf.mul(loss.value(outputs, targets), weight))) as Scalar,
        dispose: () => {
          for (const [, loss] of opened) loss.dispose?.();
        },
      };
    },
  };
}
