import type { Graph, GraphAttribute, GraphConstant, GraphNode } from "../../layers/index.ts";
import { type GraphValues, refuse } from "./graph-values.ts";
import { type Call, channelRanges, type Expression } from "./kernels/each.ts";
import { leavesOf, type NormOperation, type Operation, type Program } from "./program.ts";
import { readProduct } from "./read-product.ts";
import { WeightStore } from "./weight-store.ts";

/** Values and weights of a formula, at most: WebGPU promises eight buffers for a shader, of which one is the result. */
const MOST_BUFFERS = 6;

const BINARY: Readonly<Record<string, Call>> = { Add: "add", Sub: "sub", Mul: "mul" };
const UNARY: Readonly<Record<string, Call>> = {
  LeakyRelu: "leaky",
  Sigmoid: "sigmoid",
  Tanh: "tanh",
  Softplus: "softplus",
  Sqrt: "sqrt",
  Sin: "sin",
};

/**
 * A graph as what is done on the card. Convolutions take up what follows them value by value, a joining in front of them is not made, and formulas of
 * values become one.
 *
 * @throws MidashError `unsupported` for operations that are not here
 */
export function readGraph(graph: Graph): Program {
  return new GraphReader(graph).program();
}

/** A graph while it is read. */
class GraphReader implements GraphValues {
  readonly weights = new WeightStore();
  readonly #graph: Graph;
  readonly #constants: ReadonlyMap<string, GraphConstant>;
  /** Values that are others by another name. */
  readonly #same = new Map<string, string>();
  /** How often each value is read. */
  readonly #uses = new Map<string, number>();
  readonly #ranks = new Map<string, number>();
  /** What makes each value. What others took up is none any more. */
  readonly #makers = new Map<string, Operation>();

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#constants = new Map(graph.constants.map((constant) => [constant.name, constant]));
    for (const { type, inputs, outputs } of graph.nodes)
      if (isAlias(type)) this.#same.set(outputs[0]!, inputs[0]!);
    const read = graph.nodes.flatMap(({ type, inputs }) => (isAlias(type) ? [] : inputs));
    for (const name of [...read, ...graph.outputs.map((port) => port.name)]) {
      const value = this.value(name);
      this.#uses.set(value, (this.#uses.get(value) ?? 0) + 1);
    }
  }

  program(): Program {
    const { name, nodes, inputs, outputs } = this.#graph;
    for (const port of inputs) this.#ranks.set(port.name, port.shape.length);
    for (const node of nodes) {
      this.#rank(node);
      if (!isAlias(node.type)) this.#read(node);
    }
    return {
      name,
      operations: [...this.#makers.values()],
      inputs: inputs.map(({ name, shape }) => {
        const channels = shape[1];
        return { name, rank: shape.length, channels: typeof channels === "number" ? channels : undefined };
      }),
      outputs: outputs.map((port) => {
        const value = this.value(port.name);
        if (this.#constants.has(value)) refuse(`the output "${port.name}" is a constant`);
        return { name: port.name, value, rank: port.shape.length };
      }),
      weights: this.weights,
    };
  }

  /** The value that a name stands for. */
  value(name: string): string {
    let value = name;
    for (let next = this.#same.get(value); next !== undefined; next = this.#same.get(value)) value = next;
    return value;
  }

  constant(name: string | undefined): GraphConstant | undefined {
    return name ? this.#constants.get(this.value(name)) : undefined;
  }

  /** A weight. @throws MidashError `unsupported` where it is computed */
  floats(node: GraphNode, n: number): GraphConstant & { readonly data: Float32Array } {
    const constant = this.constant(node.inputs[n]);
    if (!(constant?.data instanceof Float32Array))
      return refuse(`${node.type}: "${node.inputs[n]}" is no weight`);
    return { ...constant, data: constant.data };
  }

  /** What makes a value, if nobody else reads it, so that it need not be made. */
  makerToTake(name: string): Operation | undefined {
    const value = this.value(name);
    return this.#uses.get(value) === 1 ? this.#makers.get(value) : undefined;
  }

  /** In place of what `name` is made by. */
  take(name: string): void {
    this.#makers.delete(this.value(name));
  }

  rankOf(name: string): number {
    return this.#ranks.get(this.value(name)) ?? 0;
  }

  #rank({ type, inputs, outputs }: GraphNode): void {
    const added = type === "Unsqueeze" ? this.constant(inputs[1])!.data.length : 0;
    const rank = (this.#ranks.get(inputs[0]!) ?? this.constant(inputs[0])?.shape.length ?? 0) + added;
    for (const name of outputs) this.#ranks.set(name, rank);
    if (type !== "Unsqueeze") return;
    const axes = [...this.constant(inputs[1])!.data].map(Number);
    if (axes.some((axis) => axis < rank - added)) refuse("Unsqueeze before the last axis");
  }

  #read(node: GraphNode): void {
    const { type, inputs, outputs } = node;
    const [x, result] = [this.value(inputs[0]!), outputs[0]!];
    if (this.#constants.has(x) && !(type in BINARY || type === "Mean")) refuse(`${type} of a constant`);
    const rank = this.#ranks.get(result)!;
    const add = (operation: Operation) => void this.#makers.set(result, operation);
    switch (type) {
      case "Conv":
      case "ConvTranspose":
      case "Gemm":
        add(readProduct(this, node));
        break;
      case "InstanceNormalization":
        add({ type: "norm", x, result, ...this.#norm(node), slope: 1 });
        break;
      case "BatchNormalization":
        this.#batchNorm(node);
        break;
      case "Concat":
        if (attribute(node, "axis") !== 1) refuse("Concat of others than channels");
        add({ type: "join", parts: inputs.map((name) => this.value(name)), result });
        break;
      case "Split": {
        if (attribute(node, "axis") !== 1) refuse("Split of others than channels");
        const sizes = this.constant(inputs[1]);
        add({ type: "split", x, sizes: sizes && [...sizes.data].map(Number), results: outputs });
        break;
      }
      case "Softmax":
        if (attribute(node, "axis") !== 1) refuse("Softmax over others than channels");
        add({ type: "softmax", x, result, rank });
        break;
      case "MaxPool":
        if (!allTwo(node, "kernel_shape") || !allTwo(node, "strides") || node.attributes.pads)
          refuse("MaxPool of others than 2 a side");
        add({ type: "halve", x, result, rank });
        break;
      case "Resize":
        add({ type: this.#resize(node, rank), x, result, rank });
        break;
      default:
        this.#each(node);
    }
  }

  #norm(node: GraphNode): Pick<NormOperation, "gamma" | "beta" | "epsilon"> {
    const [gamma, beta] = [1, 2].map((n) => this.weights.add(this.floats(node, n).data));
    return { gamma: gamma!, beta: beta!, epsilon: float(node, "epsilon") ?? 1e-5 };
  }

  /** By its running statistics it is a factor and an offset for each channel. */
  #batchNorm(node: GraphNode): void {
    const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((n) => this.floats(node, n).data);
    const epsilon = float(node, "epsilon") ?? 1e-5;
    const scale = gamma!.map((g, c) => g / Math.sqrt(variance![c]! + epsilon));
    const shift = beta!.map((b, c) => b - mean![c]! * scale[c]!);
    const result = node.outputs[0]!;
    const made = this.makerToTake(node.inputs[0]!);
    if (made?.type === "product" && !made.scale && !made.bias && !made.activation) {
      this.take(node.inputs[0]!);
      this.#makers.set(result, {
        ...made,
        result,
        scale: this.weights.add(scale),
        bias: this.weights.add(shift),
      });
      return;
    }
    const channel = (data: Float32Array): Expression => ({ of: "channel", range: this.weights.add(data) });
    const scaled: Expression = {
      of: "call",
      call: "mul",
      args: [this.#parts(node.inputs.slice(0, 1))[0]!, channel(scale)],
    };
    this.#add({ of: "call", call: "add", args: [scaled, channel(shift)] }, result);
  }

  #resize(node: GraphNode, rank: number): "doubleNearest" | "doubleBilinear" {
    const text = (name: string) => {
      const value = node.attributes[name];
      return typeof value === "object" && "text" in value ? value.text : "";
    };
    const scales = [...(this.constant(node.inputs[2])?.data ?? [])].map(Number);
    const doubles = String(scales) === String([1, 1, ...Array<number>(rank - 2).fill(2)]);
    const how = `${text("mode")} ${text("coordinate_transformation_mode")} ${text("nearest_mode")}`;
    if (doubles && how === "nearest asymmetric floor") return "doubleNearest";
    if (doubles && how === "linear half_pixel " && rank === 4) return "doubleBilinear";
    return refuse(`Resize by ${scales.join("×")} (${how.trim()})`);
  }

  #each(node: GraphNode): void {
    const { type, inputs, outputs } = node;
    const result = outputs[0]!;
    const unary = UNARY[type];
    if (unary) {
      const slope = unary === "leaky" ? (float(node, "alpha") ?? 0.01) : undefined;
      const of = (x: Expression): Expression => ({ of: "call", call: unary, args: [x], slope });
      if (!this.#takenUp(inputs[0]!, of, result)) this.#add(of(this.#parts(inputs)[0]!), result);
      return;
    }
    const binary = BINARY[type];
    if (binary) this.#add({ of: "call", call: binary, args: this.#parts(inputs) }, result);
    else if (type === "Mean") this.#mean(inputs, result);
    else refuse(`the network's operation ${type} is not one of this engine`);
  }

  /** Two at a time: a formula of all would read too many. */
  #mean(names: readonly string[], result: string): void {
    let sum = names[0]!;
    for (const [n, name] of names.slice(1).entries()) {
      const next = `${result}/sum/${n}`;
      this.#ranks.set(next, this.rankOf(sum));
      this.#uses.set(next, 1);
      this.#add({ of: "call", call: "add", args: this.#parts([sum, name]) }, next);
      sum = next;
    }
    const share: Expression = { of: "number", number: 1 / names.length };
    this.#add({ of: "call", call: "mul", args: [...this.#parts([sum]), share] }, result);
  }

  /** A function of what a product or norm gives becomes a part of it. */
  #takenUp(name: string, of: (x: Expression) => Expression, result: string): boolean {
    const made = this.makerToTake(name);
    const formula = of({ of: "v" });
    if (made?.type === "product" && formula.of === "call" && formula.call !== "sin") {
      this.take(name);
      this.#makers.set(result, { ...made, result, activation: of(made.activation ?? { of: "v" }) });
      return true;
    }
    if (made?.type === "norm" && made.slope === 1 && formula.of === "call" && formula.call === "leaky") {
      this.take(name);
      this.#makers.set(result, { ...made, result, slope: formula.slope! });
      return true;
    }
    return false;
  }

  /** Inputs of a formula: the formulas that make them, where nobody else reads those and all are not too many values together. */
  #parts(names: readonly string[]): readonly Expression[] {
    let count = names.filter((name) => !this.constant(name)).length;
    return names.map((name) => {
      const constant = this.constant(name);
      if (constant) return this.#constantPart(constant);
      const made = this.makerToTake(name);
      const more = made?.type === "each" ? buffersOf(made.expression) - 1 : Number.POSITIVE_INFINITY;
      if (made?.type !== "each" || count + more > MOST_BUFFERS)
        return { of: "value", name: this.value(name) };
      count += more;
      this.take(name);
      return made.expression;
    });
  }

  #constantPart({ name, shape, data }: GraphConstant): Expression {
    if (data.length === 1) return { of: "number", number: Number(data[0]) };
    if (
      !(data instanceof Float32Array) ||
      shape.length < 2 ||
      shape.some((size, axis) => axis !== 1 && size !== 1)
    )
      refuse(`the constant "${name}" [${shape.join(", ")}] is neither a number nor one for each channel`);
    return { of: "channel", range: this.weights.add(data as Float32Array) };
  }

  #add(expression: Expression, result: string): void {
    const ranks = new Set(leavesOf(expression).map((name) => this.rankOf(name)));
    if (ranks.size !== 1) refuse(`"${result}" is made of values with different numbers of axes`);
    this.#makers.set(result, { type: "each", expression, result });
  }
}

function buffersOf(expression: Expression): number {
  return leavesOf(expression).length + channelRanges(expression).length;
}

/** Channels lie last in memory here, so that axes added at the end change nothing. */
function isAlias(type: string): boolean {
  return type === "Identity" || type === "Unsqueeze";
}

function attribute({ attributes }: GraphNode, name: string): GraphAttribute | undefined {
  return attributes[name];
}

function float(node: GraphNode, name: string): number | undefined {
  const value = attribute(node, name);
  return typeof value === "object" && "float" in value ? value.float : undefined;
}

function allTwo(node: GraphNode, name: string): boolean {
  const sizes = attribute(node, name);
  return Array.isArray(sizes) && sizes.every((size) => size === 2);
}
