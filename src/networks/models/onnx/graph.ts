import { assert } from "../../../base/errors/index.ts";
import type { NamedArray, NamedArrays } from "../../learning/index.ts";
import { encodeOnnx, type OnnxAttribute, type OnnxConstant, type OnnxNode, type OnnxValue } from "./proto.ts";

/**
 * Operator set of the files that are written. 17 (ONNX 1.12, 2022) is the oldest that is asked for today, and holds all that the
 * networks need with the meaning that PyTorch gives it; a newer one would only shut out older runtimes.
 */
const OPSET = 17;

/**
 * Builds an ONNX graph, operation by operation, each giving the name of its result. Channels come first ([N, C, H, W] or
 * [N, C, D, H, W]), as ONNX has them; weights come as this library keeps them ([H, W, in, out]) and are turned.
 *
 * @example
 * const graph = new OnnxGraph("mynet", weights);
 * const x = graph.input("image", ["batch", 1, "height", "width"]);
 * graph.output("output", graph.convolution(x, "conv.weight", "conv.bias"), ["batch", 1, "height", "width"]);
 */
export class OnnxGraph {
  readonly #name: string;
  readonly #weights: NamedArrays;
  readonly #nodes: OnnxNode[] = [];
  readonly #constants = new Map<string, OnnxConstant>();
  readonly #inputs: OnnxValue[] = [];
  readonly #outputs: OnnxValue[] = [];

  /**
   * @param name of the graph
   * @param weights what the model's `weights()` gave; operations take them by their names
   */
  constructor(name: string, weights: NamedArrays) {
    this.#name = name;
    this.#weights = weights;
  }

  /** Names of the inputs, in order. */
  get inputs(): readonly OnnxValue[] {
    return this.#inputs;
  }

  /** Names of the outputs, in order. */
  get outputs(): readonly OnnxValue[] {
    return this.#outputs;
  }

  /** Declares an input. @param shape with a name for each axis that may have any length */
  input(name: string, shape: readonly (number | string)[]): string {
    this.#inputs.push({ name, shape });
    return name;
  }

  /** Declares `value` to be an output. */
  output(name: string, value: string, shape: readonly (number | string)[]): void {
    this.#nodes.push({ type: "Identity", inputs: [value], outputs: [name], attributes: {} });
    this.#outputs.push({ name, shape });
  }

  /**
   * Any operation of opset 17.
   *
   * @param attributes whole numbers as they are; floats as `{ float }`, also those without a fraction; texts as `{ text }`
   * @returns the name of the result, or, where their number is given, the names of several
   */
  node(type: string, inputs: readonly string[], attributes?: Readonly<Record<string, OnnxAttribute>>): string;
  node(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>>,
    count: number,
  ): readonly string[];
  node(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    count?: number,
  ): string | readonly string[] {
    const base = `${type}_${this.#nodes.length}`;
    const outputs = count === undefined ? [base] : Array.from({ length: count }, (_, n) => `${base}_${n}`);
    this.#nodes.push({ type, inputs, outputs, attributes });
    return count === undefined ? base : outputs;
  }

  /** A constant that is no weight. Whole numbers (axes, shapes) as bigint. @returns its name */
  constant(name: string, values: readonly number[] | readonly bigint[], shape: readonly number[]): string {
    const data =
      typeof values[0] === "bigint"
        ? BigInt64Array.from(values as readonly bigint[])
        : Float32Array.from(values as readonly number[]);
    return this.#keep({ name, shape, data });
  }

  /** A weight as it is. @returns its name */
  weight(name: string): string {
    const { data, shape } = this.#weight(name);
    return this.#keep({ name, shape, data });
  }

  /** A weight with its axes in another order: axis n of the result is axis `order[n]` of the weight. @returns its name */
  transposed(name: string, order: readonly number[]): string {
    const { data, shape } = this.#weight(name);
    assert(order.length === shape.length, `"${name}" has ${shape.length} axes, not ${order.length}`, {
      where: "OnnxGraph",
    });
    return this.#keep({ name, shape: order.map((axis) => shape[axis]!), data: permuted(data, shape, order) });
  }

  /** Convolution, stride 1, size kept. The weight is [(D,) H, W, in, out]; the bias [out] may be left out. */
  convolution(x: string, weight: string, bias?: string): string {
    const { shape } = this.#weight(weight);
    const kernel = shape.slice(0, -2);
    const before = kernel.map((size) => Math.floor((size - 1) / 2)); // as tf's "same": the odd one behind
    const pads = [...before, ...kernel.map((size, d) => size - 1 - before[d]!)];
    const axes = kernel.map((_, d) => d);
    const turned = this.transposed(weight, [kernel.length + 1, kernel.length, ...axes]);
    const inputs = [x, turned, ...(bias === undefined ? [] : [this.weight(bias)])];
    return this.node("Conv", inputs, { kernel_shape: kernel, pads });
  }

  /** Transposed convolution whose stride is its size: enlarges without overlap. The weight is [(D,) H, W, out, in]. */
  enlargingConvolution(x: string, weight: string, bias: string): string {
    const kernel = this.#weight(weight).shape.slice(0, -2);
    const axes = kernel.map((_, d) => d);
    const turned = this.transposed(weight, [kernel.length + 1, kernel.length, ...axes]);
    return this.node("ConvTranspose", [x, turned, this.weight(bias)], {
      kernel_shape: kernel,
      strides: kernel,
    });
  }

  /** The bytes of the file. */
  encode(metadata: Readonly<Record<string, string>> = {}): Promise<Uint8Array> {
    return encodeOnnx({
      opset: OPSET,
      name: this.#name,
      about: metadata.disclaimer ?? "",
      nodes: this.#nodes,
      constants: [...this.#constants.values()],
      inputs: this.#inputs,
      outputs: this.#outputs,
      metadata,
    });
  }

  #weight(name: string): NamedArray {
    const weight = this.#weights[name];
    assert(weight, `the model has no weight "${name}"`, { where: "OnnxGraph" });
    return weight;
  }

  #keep(constant: OnnxConstant): string {
    if (!this.#constants.has(constant.name)) this.#constants.set(constant.name, constant);
    return constant.name;
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
