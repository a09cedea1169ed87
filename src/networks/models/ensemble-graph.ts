import { fail } from "../../base/errors/index.ts";
import type { Graph, GraphAttributes, NamedArrays } from "../layers/index.ts";
import { type Averaged, weightsOf } from "./ensemble-members.ts";
import type { GraphNetwork } from "./graph-network.ts";

/**
 * The members side by side in one graph, which take the same image, and the average of what they give.
 *
 * @throws MidashError `unsupported` for members of many passes, whose outputs no one graph gives
 */
export async function ensembleGraph(
  { members, member, outputs, channels }: Averaged,
  weights: NamedArrays,
): Promise<GraphNetwork> {
  const graphs: Graph[] = [];
  let predict: GraphNetwork["predict"] | undefined;
  let made = "";
  for (let n = 0; n < members; n++) {
    const network = await member.graph!(weightsOf(weights, n));
    const { graph } = network;
    if (graph instanceof Uint8Array || graph.inputs.length !== 1 || graph.outputs.length !== 1)
      fail("unsupported", `${member.name} is no graph of one pass, so an ensemble of it is none`, {
        where: "ensemble",
        hint: "choose a backend that computes on tensors, such as wasm",
      });
    predict ??= network.predict;
    made = graph.outputs[0]!.name;
    graphs.push(renamed(graph, n));
  }
  const { inputs, outputs: ports } = graphs[0]!;
  const [batch, , ...space] = ports[0]!.shape;
  const sum = channels.reduce((a, b) => a + b);
  return {
    graph: {
      name: "ensemble",
      inputs,
      outputs: [{ name: "output", shape: [batch!, sum, ...space] }],
      ...averageOf(graphs, { outputs, channels }),
    },
    predict: async (pass, samples, options) =>
      predict!(async (given) => ({ [made]: (await pass(given)).output! }), samples, options),
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

/** What the graphs do, and then channel for channel as on tensors: means, of scales the root of the mean square, and the spread of the CT. */
function averageOf(
  graphs: readonly Graph[],
  { outputs, channels }: Pick<Averaged, "outputs" | "channels">,
): Pick<Graph, "nodes" | "constants"> {
  const nodes = graphs.flatMap((graph) => graph.nodes);
  const constants = graphs.flatMap((graph) => graph.constants);
  const own = outputs.slice(0, -1);
  const node = (type: string, inputs: readonly string[], to: string, attributes: GraphAttributes = {}) => {
    nodes.push({ type, inputs, outputs: [to], attributes });
    return to;
  };
  const root = (values: readonly string[], to: string) => {
    const squares = values.map((value) => node("Mul", [value, value], `${value}/${to}/square`));
    return node("Sqrt", [node("Mean", squares, `${to}/square`)], to);
  };
  const sizes = {
    name: "sizes",
    shape: [own.length],
    data: BigInt64Array.from(channels.slice(0, -1), BigInt),
  };
  if (own.length > 1) constants.push(sizes);
  const parts = graphs.map(({ outputs: [port] }) => {
    if (own.length === 1) return [port!.name];
    const names = own.map(({ name }) => `${port!.name}/${name}`);
    nodes.push({ type: "Split", inputs: [port!.name, "sizes"], outputs: names, attributes: { axis: 1 } });
    return names;
  });
  const made = own.map(({ kind, name }, k) => {
    const values = parts.map((each) => each[k]!);
    return kind === "scale" ? root(values, `mean/${name}`) : node("Mean", values, `mean/${name}`);
  });
  const ct = own.findIndex(({ kind }) => kind === "ct");
  const apart = parts.map((each) => node("Sub", [each[ct]!, made[ct]!], `${each[ct]}/apart`));
  node("Concat", [...made, root(apart, "mean/spread")], "output", { axis: 1 });
  return { nodes, constants };
}
