import type { NamedArrays } from "../layers/index.ts";
import type { GraphNetwork } from "./graph-network.ts";
import type { Network } from "./network.ts";

/** `ModelSpec.graph` of a network. What writes graphs is loaded by the first that is wanted: a page that computes on tensors needs none. */
export function graphOf(network: Network): (weights: NamedArrays) => Promise<GraphNetwork> {
  return async (weights) => (await import("./network-graph.ts")).graphNetwork(network, weights);
}
