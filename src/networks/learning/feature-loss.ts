import type { Tensor } from "@tensorflow/tfjs-core";
import { assert } from "../../base/errors/index.ts";
import type { Layers, NamedArrays, Weights } from "../layers/index.ts";
import type { Json } from "./arrays.ts";
import type { Loss } from "./loss.ts";
import { compared, type LossOptions, nearer } from "./output-loss.ts";

/** A network that stays as it is and whose features are compared: another model's, or filters. */
export interface FeatureNetwork {
  /** In checkpoints and model files, which don't hold its weights: name another one otherwise. */
  readonly name: string;
  readonly weights: NamedArrays;
  /** Images in the target's normalised range, [N, (D,) H, W, 1] -> features of any shape, such as those after each level of an encoder. */
  features<T>(layers: Layers<T>, weights: Weights<T>, image: T): readonly T[];
}

/** Options of the feature loss. */
export interface FeatureOptions extends LossOptions {
  readonly network: FeatureNetwork;
}

/**
 * Feature loss (Johnson et al. 2016): the mean absolute difference of the features that a fixed network sees in the output and in the target; the mean of
 * its features' means. Where a pixel counts less the output is taken nearer to the target before, so that pixels of weight 0 change nothing.
 *
 * @example
 * const network = { name: "tissue-v1", weights: bundle.weights, features: (layers, weights, image) => [myForward(layers, weights, image)] };
 * const loss = losses.sum([[1, losses.l1()], [0.1, losses.features({ network })]]);
 */
export function features({ network, of = "ct" }: FeatureOptions): Loss {
  const where = { call: "losses.features" };
  assert(typeof network?.features === "function", "needs a network with features", {
    where,
    hint: "give { network: { name, weights, features } }",
  });
  const json: Json = { name: "features", of, network: network.name };
  return {
    name: "features",
    about: "mean absolute difference of a fixed network's features",
    toJSON: () => json,
    async open(session) {
      const { tf, layers } = session.tensors;
      const tensors = await session.run(() =>
        Object.fromEntries(
          Object.entries(network.weights).map(([name, { data, shape }]) => [
            name,
            tf.tensor(data, [...shape]),
          ]),
        ),
      );
      const weights: Weights<Tensor> = {
        get(name) {
          const tensor = tensors[name];
          assert(tensor, `there is no weight "${name}"`, { where: `network ${network.name}` });
          return tensor;
        },
        isFrozen: () => true,
      };
      const seenIn = (image: Tensor) => network.features(layers.training, weights, image);
      return {
        value(outputs, targets) {
          const { output, target } = compared(outputs, targets, of, "loss features");
          const [made, wanted] = [seenIn(nearer(tf, output, target)), seenIn(target.values)];
          const parts = made.map((feature, n) => tf.mean(tf.abs(tf.sub(feature, wanted[n]!))));
          return tf.div(tf.addN(parts), parts.length);
        },
        dispose: () => tf.dispose(tensors),
      };
    },
  };
}
