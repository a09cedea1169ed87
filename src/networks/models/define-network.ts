import type { OptionTable, OptionValues } from "../../base/options/index.ts";
import type { Layers, Weights } from "../layers/index.ts";
import { defineModel, type ModelDefinition, type ModelFactory } from "./define-model.ts";
import { graphOf } from "./graph-of.ts";
import type { ModelSpec, TrainableModel } from "./model.ts";
import type { Network } from "./network.ts";
import { NetworkModel } from "./network-model.ts";
import type { ParameterPlan } from "./parameters.ts";

/** What {@link defineNetwork} takes. */
export interface NetworkDefinition<O extends OptionTable = OptionTable>
  extends Pick<ModelDefinition<O>, "name" | "about" | "options"> {
  /**
   * What goes in and out, and what it is best trained with, for one set of options, each filled in and checked. Refuse here combinations
   * that can't work.
   */
  samples(config: OptionValues<O>): Omit<ModelSpec, "name" | "config" | "create" | "graph">;
  /** All weights. */
  plan(config: OptionValues<O>): ParameterPlan;
  /**
   * The network: [N, (D,) H, W, channels of the input] -> [N, (D,) H, W, channels of all outputs, in their order].
   *
   * @param weights those of the plan, by name
   */
  forward<T>(layers: Layers<T>, weights: Weights<T>, x: T, config: OptionValues<O>): T;
}

/**
 * Defines a network of one image in and one out, which learns by the run's loss. It is written once, over `Layers`: the result is trained on any backend, becomes
 * an ONNX file by `exportOnnx`, and runs on ONNX Runtime. For what needs more (several networks, many passes) there is `defineModel`.
 *
 * @example
 * export const MyNet = defineNetwork({
 *   name: "mynet",
 *   about: "one convolution",
 *   options: { side: option.choice([1, 3, 5], { default: 3, about: "pixels a side that it sees" }) },
 *   samples: () => ({ input: { channels: 1, dims: 2, multipleOf: 1 }, outputs: [{ kind: "ct", name: "ct" }] }),
 *   plan: ({ side }) => [parameter.he("weight", [side, side, 1, 1]), parameter.constant("bias", [1], 0)],
 *   forward: (layers, weights, x) => layers.convolution(x, weights.get("weight"), { bias: weights.get("bias") }),
 * });
 *
 * @throws MidashError `invalid-argument` here for an invalid name; from the factory for unknown or impossible options
 */
export function defineNetwork<const O extends OptionTable>(
  definition: NetworkDefinition<O>,
): ModelFactory<O, TrainableModel> {
  const { name, about, options } = definition;
  return defineModel({
    name,
    about,
    options,
    spec(config) {
      const samples = definition.samples(config);
      const network: Network = {
        name,
        input: samples.input,
        outputs: samples.outputs,
        plan: definition.plan(config),
        forward: (layers, weights, x) => definition.forward(layers, weights, x, config),
      };
      return {
        ...samples,
        create: (session, options): Promise<TrainableModel> =>
          session.run(() => new NetworkModel(session, network, options)),
        graph: graphOf(network),
      };
    },
  });
}
