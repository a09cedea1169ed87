import { fail } from "../../base/errors/index.ts";
import { type Graph, GraphBuilder, type GraphValue, type NamedArrays } from "../layers/index.ts";
import { type Averaged, weightsOf } from "./ensemble-members.ts";
import type { GraphNetwork } from "./graph-network.ts";
import { channelsOf } from "./output.ts";

/**
 * The members side by side in one graph, which take the same image, and the average of what they give.
 *
 * @throws MidashError `unsupported` for members of many passes, whose outputs no one graph gives
 */
export async function ensembleGraph(
  { members, member, outputs }: Averaged,
  weights: NamedArrays,
): Promise<GraphNetwork> {
  const graphs: Graph[] = [];
  let predict: GraphNetwork["predict"] | undefined;
  for (let n = 0; n < members; n++) {
    const network = await member.graph!(weightsOf(weights, n));
    const { graph } = network;
    if (graph instanceof Uint8Array || graph.inputs.length !== 1 || graph.outputs.length !== 1)
      fail("unsupported", `${member.name} is no graph of one pass, so an ensemble of it is none`, {
        where: "ensemble",
        hint: "choose a backend that computes on tensors, such as wasm",
      });
    predict ??= network.predict;
    graphs.push(renamed(graph, n));
  }
  const [
    {
      inputs,
      outputs: [made],
    },
  ] = graphs as [Graph, ...Graph[]];
  const builder = new GraphBuilder("ensemble");
  const end = averageOf(builder, graphs, outputs);
  const output = made!.name.slice(made!.name.indexOf("/") + 1);
  builder.output(output, end, [
    made!.shape[0]!,
    outputs.reduce((sum, one) => sum + channelsOf(one), 0),
    ...made!.shape.slice(2),
  ]);
  const { nodes, constants, outputs: ends } = builder.build();
  return {
    graph: {
      name: "ensemble",
      inputs,
      outputs: ends,
      nodes: [...graphs.flatMap((graph) => graph.nodes), ...nodes],
      constants: [...graphs.flatMap((graph) => graph.constants), ...constants],
    },
    predict: predict!,
  };
}

/** A graph whose names, but those of its inputs, are its own among several. */
function renamed({ name, nodes, constants, inputs, outputs }: Graph, n: number): Graph {
  const shared = new Set(["", ...inputs.map((port) => port.name)]);
  const own = (value: string) => (shared.has(value) ? value : `${n}/${value}`);
  return {
    name,
    inputs,
    outputs: outputs.map((port) => ({ ...port, name: own(port.name) })),
    constants: constants.map((constant) => ({ ...constant, name: own(constant.name) })),
    nodes: nodes.map((node) => ({ ...node, inputs: node.inputs.map(own), outputs: node.outputs.map(own) })),
  };
}

/** Channel for channel as on tensors: means, of scales the root of the mean square, and the spread of the CT. */
function averageOf(
  builder: GraphBuilder,
  graphs: readonly Graph[],
  outputs: Averaged["outputs"],
): GraphValue {
  const own = outputs.slice(0, -1);
  const sizes = builder.constant(own.map((output) => BigInt(channelsOf(output))));
  const parts = graphs.map(({ outputs: [port] }) => {
    const whole = builder.input(port!.name, port!.shape);
    return own.length === 1 ? [whole] : builder.nodes("Split", [whole, sizes], { axis: 1 }, own.length);
  });
  const square = (value: GraphValue) => builder.node("Mul", [value, value]);
  const mean = (values: readonly GraphValue[]) => builder.node("Mean", values);
  const spread = (values: readonly GraphValue[]) => builder.node("Sqrt", [mean(values.map(square))]);
  const made = own.map(({ kind }, k) => {
    const values = parts.map((each) => each[k]!);
    return kind === "scale" ? spread(values) : mean(values);
  });
  const ct = own.findIndex(({ kind }) => kind === "ct");
  const apart = parts.map((each) => builder.node("Sub", [each[ct]!, made[ct]!]));
  return builder.node("Concat", [...made, spread(apart)], { axis: 1 });
}
