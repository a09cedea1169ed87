import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import { assert } from "../../base/errors/index.ts";
import type { Tf } from "../backends/index.ts";
import type { Loss, TargetTensors } from "./loss.ts";
import { type LossOptions, outputLoss } from "./output-loss.ts";

/** Options of the gradient difference loss. */
export interface GradientOptions extends LossOptions {
  /** Of the difference. Default 1 (Mathieu et al. 2016); 2 is that of Nie et al. 2017, for MR to CT. */
  readonly power?: 1 | 2;
}

/**
 * Gradient difference loss (Mathieu et al. 2016): how much edges differ in height, | |∂output| - |∂target| | of neighbours along each axis, in the
 * output's units a pixel. The mean of all pairs of neighbours, each counting as the lesser of its two weights. It says nothing of the values themselves,
 * nor which way an edge goes: use it beside L1.
 */
export function gradient({ power = 1, of }: GradientOptions = {}): Loss {
  assert(power === 1 || power === 2, `power is 1 or 2, got ${power}`, { where: { call: "losses.gradient" } });
  return {
    ...outputLoss("gradient", { power, of }, (tf, output, target) => edges(tf, output, target, power)),
    about: "gradient difference: how much the heights of edges differ",
  };
}

function edges(tf: Tf, output: Tensor, { values, weight }: TargetTensors, power: 1 | 2): Scalar {
  const sums: Scalar[] = [];
  const counts: Scalar[] = [];
  for (let axis = 1; axis < output.rank - 1; axis++) {
    const height = (x: Tensor) => tf.abs(tf.sub(...neighbours(tf, x, axis)));
    const difference = tf.sub(height(output), height(values));
    const counted = tf.minimum(...neighbours(tf, weight, axis));
    sums.push(tf.sum(tf.mul(power === 1 ? tf.abs(difference) : tf.square(difference), counted)));
    counts.push(tf.sum(counted));
  }
  const channels = output.shape[output.rank - 1]!;
  return tf.div(tf.addN(sums), tf.maximum(tf.mul(tf.addN(counts), channels), 1));
}

/** All values but the first along an axis, and all but the last. */
function neighbours(tf: Tf, x: Tensor, axis: number): [Tensor, Tensor] {
  const size = x.shape.map((length, n) => (n === axis ? length - 1 : length));
  const from = (first: number) =>
    tf.slice(
      x,
      x.shape.map((_, n) => (n === axis ? first : 0)),
      size,
    );
  return [from(1), from(0)];
}
