import {
  type Graph,
  GraphBuilder,
  type GraphValue,
  graphLayers,
  graphWeights,
  type Layers,
  type NamedArrays,
  type Weights,
} from "../layers/index.ts";
import { channelsFirst, channelsLast, type GraphNetwork, spaceOf } from "./graph-network.ts";
import type { Network } from "./network.ts";
import { outputChannels } from "./output.ts";
import { checkWeights, type ParameterPlan } from "./parameters.ts";

/** What a graph is written with. */
interface GraphTools {
  readonly builder: GraphBuilder;
  readonly layers: Layers<GraphValue>;
  readonly weights: Weights<GraphValue>;
}

/** A graph by `write`. @throws MidashError when the weights are not those of the plan */
export function writtenGraph(
  { name, plan }: { readonly name: string; readonly plan: ParameterPlan },
  weights: NamedArrays,
  write: (tools: GraphTools) => void,
): Graph {
  checkWeights(plan, weights);
  const builder = new GraphBuilder(name);
  write({ builder, layers: graphLayers(builder), weights: graphWeights(weights) });
  return builder.build();
}

/** A network that does its work in one pass: `image` [batch, in, ...space] -> `output` [batch, channels of all outputs, ...space]. */
export function graphNetwork(network: Network, weights: NamedArrays): GraphNetwork {
  const { input, outputs } = network;
  const space = spaceOf(input.dims);
  return {
    graph: writtenGraph(network, weights, (tools) => {
      const image = tools.builder.input("image", ["batch", input.channels, ...space]);
      const output = network.forward(tools.layers, tools.weights, image);
      tools.builder.output("output", output, ["batch", outputChannels(outputs), ...space]);
    }),
    predict: async (pass, batch) => channelsLast((await pass({ image: channelsFirst(batch) })).output!),
  };
}
