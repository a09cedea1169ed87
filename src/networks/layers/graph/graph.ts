import { assert } from "../../../base/errors/index.ts";
import type { NamedArray, NamedArrays } from "../arrays.ts";
import type { Weights } from "../layers.ts";

/** A network as plain data: operations of ONNX, opset 17 (https://onnx.ai/onnx/operators), with channels first. */
export interface Graph {
  readonly name: string;
  /** In an order in which they can be computed. */
  readonly nodes: readonly GraphNode[];
  readonly constants: readonly GraphConstant[];
  readonly inputs: readonly GraphPort[];
  readonly outputs: readonly GraphPort[];
}

/** An attribute of a node: whole numbers, or, wrapped, a float or a text. */
export type GraphAttribute =
  | number
  | readonly number[]
  | { readonly float: number }
  | { readonly text: string };

/** Attributes of a node by name. */
export type GraphAttributes = Readonly<Record<string, GraphAttribute>>;

/** An operation: names of what it takes ("" for an optional input left out) and gives. */
export interface GraphNode {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: GraphAttributes;
}

/** A constant of the graph: a weight, or whole numbers such as axes. */
export interface GraphConstant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

/** An input or output, float32. An axis that may have any length has a name in place of a number. */
export interface GraphPort {
  readonly name: string;
  readonly shape: readonly (number | string)[];
}

/** A value in a graph that is being built: the T of its `Layers<T>`. */
export interface GraphValue {
  readonly name: string;
  /** Its number of axes. */
  readonly rank: number;
  /** What it holds, where that is known: weights. They enter the graph when an operation takes them. */
  readonly constant?: NamedArray;
}

/** Weights as values of a graph. */
export function graphWeights(weights: NamedArrays): Weights<GraphValue> {
  return {
    get(name) {
      const constant = weights[name];
      assert(constant, `the model has no weight "${name}"`, { where: "graph" });
      return { name, rank: constant.shape.length, constant };
    },
  };
}
