import { GraphBuilder, graphLayers, graphWeights, type NamedArrays } from "../layers/index.ts";
import { channelsFirst, channelsLast, type GraphNetwork, spaceOf } from "./graph-network.ts";
import type { Network } from "./network.ts";
import { outputChannels } from "./output.ts";
import { checkWeights } from "./parameters.ts";

/** A network that does its work in one pass: `image` [batch, in, ...space] -> `output` [batch, channels of all outputs, ...space]. */
export function graphNetwork(network: Network, weights: NamedArrays): GraphNetwork {
  const { input, outputs, plan } = network;
  checkWeights(plan, weights);
  const builder = new GraphBuilder(network.name);
  const space = spaceOf(input.dims);
  const image = builder.input("image", ["batch", input.channels, ...space]);
  const output = network.forward(graphLayers(builder), graphWeights(weights), image);
  builder.output("output", output, ["batch", outputChannels(outputs), ...space]);
  return {
    graph: builder.build(),
    predict: async (pass, batch) => channelsLast((await pass({ image: channelsFirst(batch) })).output!),
  };
}
