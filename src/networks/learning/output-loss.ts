import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import { assert } from "../../base/errors/index.ts";
import type { Tf } from "../backends/index.ts";
import type { Json } from "./arrays.ts";
import type { HuScale, Loss, PixelError, TargetTensors } from "./loss.ts";

/** Options of losses that compare one output with its target. */
export type LossOptions = {
  /** The output, by its name. Default: `ct`. */
  readonly of?: string;
};

/** All options of a loss, as they are recorded. */
type Recorded = LossOptions & { readonly [option: string]: Json | undefined };

/** What compares an output with its target. */
type Comparison = (tf: Tf, output: Tensor, target: TargetTensors, hu: () => HuScale) => Scalar;

/**
 * A loss that is a weighted mean over the pixels of one output: the sum of errors times weights, divided by the sum of weights.
 *
 * @param options `of`, and all others that the loss depends on: they are recorded in model files, and resuming compares them
 * @example
 * export const charbonnier = ({ eps = 1e-3, of }: { eps?: number; of?: string } = {}) => ({
 *   ...pixelLoss("charbonnier", { eps, of }, (tf, y, target) => tf.sqrt(tf.add(tf.squaredDifference(y, target), eps * eps))),
 *   about: "mean of sqrt(error² + eps²)",
 * });
 */
export function pixelLoss(name: string, options: Recorded, error: PixelError): Loss {
  return outputLoss(name, options, (tf, output, { values, weight }, hu) =>
    weightedMean(tf, error(tf, output, values, hu), weight),
  );
}

/** A loss of one output. */
export function outputLoss(name: string, { of = "ct", ...options }: Recorded, value: Comparison): Loss {
  const where = `loss ${name}`;
  return {
    name,
    toJSON: () => ({ name, of, ...options }),
    open: ({ tensors }, context) => ({
      value(outputs, targets) {
        const { tf } = tensors;
        const { output, target } = compared(outputs, targets, of, where);
        return value(tf, output, target, () => {
          const scale = context?.hu?.[of];
          assert(scale, `it is not known how many HU the values of "${of}" are`, {
            where,
            hint: `open the loss with { hu: { ${of}: { scale, offset } } }, as the Trainer does for outputs of kind ct`,
          });
          return scale;
        });
      },
    }),
  };
}

/** An output and its target, by name. @throws MidashError `invalid-argument` where one is absent */
export function compared<O, T>(
  outputs: Readonly<Record<string, O>>,
  targets: Readonly<Record<string, T>>,
  of: string,
  where: string,
): { readonly output: O; readonly target: T } {
  const [output, target] = [outputs[of], targets[of]];
  assert(output && target, `there is no ${output ? "target" : "output"} "${of}"`, {
    where,
    hint: `outputs are ${Object.keys(outputs).join(", ")}, targets ${Object.keys(targets).join(", ")}`,
  });
  return { output, target };
}

/** Of values [N, ..., channels] and weights [N, ..., 1]. Each channel counts alike. Without any weight the mean is 0. */
export function weightedMean(tf: Tf, values: Tensor, weight: Tensor): Scalar {
  const channels = values.shape[values.shape.length - 1]!;
  const count = tf.mul(tf.sum(weight), channels);
  // Weights below 1 in all are few pixels of small weight: a mean of them would be mostly noise, and of none it is 0.
  return tf.div(tf.sum(tf.mul(values, weight)), tf.maximum(count, 1));
}

/** The output, nearer to the target where it counts less: target + weight · (output - target). */
export function nearer(tf: Tf, output: Tensor, { values, weight }: TargetTensors): Tensor {
  return tf.add(values, tf.mul(tf.sub(output, values), weight));
}
