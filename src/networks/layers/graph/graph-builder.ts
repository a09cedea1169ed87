import { assert } from "../../../base/errors/index.ts";
import type { Graph, GraphAttributes, GraphConstant, GraphNode, GraphPort, GraphValue } from "./graph.ts";

/**
 * Builds a {@link Graph}, operation by operation. Networks over `Layers<T>` are built by `graphLayers` on top of it; what they don't have is a
 * {@link GraphBuilder.node} here.
 *
 * @example
 * const builder = new GraphBuilder("mynet");
 * const image = builder.input("image", ["batch", 1, "height", "width"]);
 * const y = forward(graphLayers(builder), graphWeights(weights), image);
 * builder.output("output", y, ["batch", 1, "height", "width"]);
 * const bytes = await encodeOnnx(builder.build());
 */
export class GraphBuilder {
  readonly #name: string;
  readonly #nodes: GraphNode[] = [];
  readonly #constants = new Map<string, GraphConstant>();
  readonly #inputs: GraphPort[] = [];
  readonly #outputs: GraphPort[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  /** Declares an input. @param shape with a name for each axis that may have any length */
  input(name: string, shape: GraphPort["shape"]): GraphValue {
    this.#inputs.push({ name, shape });
    return { name, rank: shape.length };
  }

  /** Declares `value` to be an output. */
  output(name: string, value: GraphValue, shape: GraphPort["shape"]): void {
    this.#nodes.push({ type: "Identity", inputs: [this.#taken(value)], outputs: [name], attributes: {} });
    this.#outputs.push({ name, shape });
  }

  /**
   * Any operation of opset 17 with one result, which has as many axes as its first input unless `rank` says otherwise.
   *
   * @param inputs undefined for an optional one left out
   * @param attributes whole numbers as they are; floats as `{ float }`, also those without a fraction; texts as `{ text }`
   */
  node(
    type: string,
    inputs: readonly (GraphValue | undefined)[],
    attributes: GraphAttributes = {},
    rank = inputs[0]!.rank,
  ): GraphValue {
    return { ...this.nodes(type, inputs, attributes, 1)[0]!, rank };
  }

  /** As {@link GraphBuilder.node}, with `count` results. */
  nodes(
    type: string,
    inputs: readonly (GraphValue | undefined)[],
    attributes: GraphAttributes,
    count: number,
  ): readonly GraphValue[] {
    const base = `${type}_${this.#nodes.length}`;
    const outputs = Array.from({ length: count }, (_, n) => (count === 1 ? base : `${base}_${n}`));
    const taken = inputs.map((value) => (value ? this.#taken(value) : ""));
    this.#nodes.push({ type, inputs: taken, outputs, attributes });
    return outputs.map((name) => ({ name, rank: inputs[0]!.rank }));
  }

  /** A constant that is no weight. Whole numbers (axes, shapes) as bigint. Default shape: a row. */
  constant(
    values: readonly number[] | readonly bigint[],
    shape: readonly number[] = [values.length],
  ): GraphValue {
    const name = `constant_${[...shape, "", ...values].join("_")}`; // the same one is kept once
    const data =
      typeof values[0] === "bigint"
        ? BigInt64Array.from(values as readonly bigint[])
        : Float32Array.from(values as readonly number[]);
    this.#constants.set(name, { name, shape, data });
    return { name, rank: shape.length };
  }

  /** A weight with its axes in another order: axis n of the result is axis `order[n]` of the weight. */
  transposed({ name, constant }: GraphValue, order: readonly number[]): GraphValue {
    assert(constant, `"${name}" is computed, and can't be a filter`, { where: "graph" });
    const { data, shape } = constant;
    const turned = { data: permuted(data, shape, order), shape: order.map((axis) => shape[axis]!) };
    return { name, rank: order.length, constant: turned };
  }

  /** The graph so far, as plain data. */
  build(): Graph {
    return {
      name: this.#name,
      nodes: [...this.#nodes],
      constants: [...this.#constants.values()],
      inputs: [...this.#inputs],
      outputs: [...this.#outputs],
    };
  }

  /** The value's name, by which an operation takes it. Each weight enters the graph once, in one layout. */
  #taken({ name, constant }: GraphValue): string {
    if (!constant) return name;
    const kept = this.#constants.get(name);
    if (!kept) this.#constants.set(name, { name, ...constant });
    else
      assert(String(kept.shape) === String(constant.shape), `"${name}" is used in two layouts`, {
        where: "graph",
      });
    return name;
  }
}

/** Row-major values with their axes in another order. */
function permuted(data: Float32Array, shape: readonly number[], order: readonly number[]): Float32Array {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const [sizes, steps] = [order.map((axis) => shape[axis]!), order.map((axis) => strides[axis]!)];
  const out = new Float32Array(data.length);
  let n = 0;
  const walk = (axis: number, from: number) => {
    if (axis === sizes.length) out[n++] = data[from]!;
    else for (let i = 0; i < sizes[axis]!; i++) walk(axis + 1, from + i * steps[axis]!);
  };
  walk(0, 0);
  return out;
}
