import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import { assert } from "../../base/errors/index.ts";
import type { Tf } from "../backends/index.ts";
import type { Loss, OpenLoss, PixelError } from "./loss.ts";

/** Options of losses that compare one output with its target. */
export interface LossOptions {
  /** The output, by its name. Default: `ct`. */
  readonly of?: string;
}

/**
 * Losses, each made by its factory. All but `sum` are means over the pixels of one output, each counting as much as its weight.
 *
 * @example
 * const loss = losses.sum([[1, losses.l1()], [0.1, losses.crossEntropy({ of: "tissue" })]]);
 */
export const losses = {
  /** Mean absolute error: the capstone's loss, and the one whose optimum is the median, as MAE in HU asks for. */
  l1: (options: LossOptions = {}): Loss =>
    pixelLoss("l1", options, (tf, output, target) => tf.abs(tf.sub(output, target))),
  /** Mean squared error. */
  l2: (options: LossOptions = {}): Loss =>
    pixelLoss("l2", options, (tf, output, target) => tf.squaredDifference(output, target)),
  /** Cross-entropy of class probabilities against class numbers. */
  crossEntropy: (options: LossOptions = {}): Loss =>
    pixelLoss("crossEntropy", options, negativeLogLikelihood),
  /** A weighted sum of losses, e.g. of several outputs. */
  sum: (terms: readonly (readonly [weight: number, loss: Loss])[]): Loss => sumOf(terms),
} as const;

/**
 * A loss that is a weighted mean over the pixels of one output.
 *
 * @example
 * export const huber = () => pixelLoss("huber", {}, (tf, y, target) => tf.sqrt(tf.add(tf.squaredDifference(y, target), 1e-3)));
 */
export function pixelLoss(name: string, { of = "ct" }: LossOptions, error: PixelError): Loss {
  return {
    name,
    toJSON: () => ({ name, of }),
    open: ({ tensors }) => ({
      value(outputs, targets) {
        const { tf } = tensors;
        const [output, target] = [outputs[of], targets[of]];
        assert(output && target, `there is no ${output ? "target" : "output"} "${of}"`, {
          where: `loss ${name}`,
          hint: `outputs are ${Object.keys(outputs).join(", ")}, targets ${Object.keys(targets).join(", ")}`,
        });
        return weightedMean(tf, error(tf, output, target.values), target.weight);
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
  const count = probabilities.shape[probabilities.shape.length - 1]!;
  const indices = tf.reshape(tf.cast(classes, "int32"), classes.shape.slice(0, -1));
  const chosen = tf.sum(tf.mul(probabilities, tf.cast(tf.oneHot(indices, count), "float32")), -1, true);
  return tf.neg(tf.log(tf.add(chosen, 1e-7)));
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
