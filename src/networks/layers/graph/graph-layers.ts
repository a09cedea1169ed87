import { assert } from "../../../base/errors/index.ts";
import { EPSILON, type Layers, LEAK } from "../layers.ts";
import { wavesOf } from "../waves.ts";
import type { GraphAttributes, GraphValue } from "./graph.ts";
import type { GraphBuilder } from "./graph-builder.ts";

/** Activations by the names of their operations. */
const ACTIVATIONS = { sigmoid: "Sigmoid", tanh: "Tanh", softplus: "Softplus", softmax: "Softmax" } as const;
const NEAREST: GraphAttributes = {
  mode: { text: "nearest" },
  coordinate_transformation_mode: { text: "asymmetric" },
  nearest_mode: { text: "floor" },
};
const BILINEAR: GraphAttributes = {
  mode: { text: "linear" },
  coordinate_transformation_mode: { text: "half_pixel" },
};

/**
 * {@link Layers} that add operations to a graph, as they are at inference. Inside it channels come first: [N, C, H, W], [N, C, D, H, W] or [N, C]. Weights
 * stay as this library has them (see `graphWeights`), and are turned.
 */
export function graphLayers(builder: GraphBuilder): Layers<GraphValue> {
  const pair = ({ rank }: GraphValue) => Array<number>(rank - 2).fill(2);
  const leaky = (x: GraphValue, slope = LEAK) =>
    slope === 1 ? x : builder.node("LeakyRelu", [x], { alpha: { float: slope } });
  const binary = (type: string) => (a: GraphValue, b: GraphValue | number) =>
    builder.node(type, [a, typeof b === "number" ? builder.constant([b], []) : b]);
  const concat = (parts: readonly GraphValue[]) => builder.node("Concat", parts, { axis: 1 });
  const resized = (x: GraphValue, how: GraphAttributes) =>
    builder.node("Resize", [x, undefined, builder.constant([1, 1, ...pair(x)])], how);
  const layers: Layers<GraphValue> = {
    convolution(x, filter, { bias, stride = 1 } = {}) {
      const { kernel, turned } = filterOf(builder, filter);
      const before = kernel.map((size) => Math.floor((size - 1) / 2)); // as tf's "same": the odd one behind
      const pads = [...before, ...kernel.map((size, d) => size - 1 - before[d]!)];
      const how: GraphAttributes =
        stride === 1 ? { pads } : { auto_pad: { text: "SAME_UPPER" }, strides: kernel.map(() => stride) };
      const inputs = [x, turned, ...(bias ? [bias] : [])];
      return builder.node("Conv", inputs, { kernel_shape: kernel, ...how });
    },
    convolutionOfPair: (a, b, filter, options) => layers.convolution(concat([a, b]), filter, options),
    normLeaky(x, gamma, beta, { slope } = {}) {
      const how = { epsilon: { float: EPSILON } };
      return leaky(builder.node("InstanceNormalization", [x, gamma, beta], how), slope);
    },
    batchNormLeaky(x, { gamma, beta, mean, variance }) {
      const how = { epsilon: { float: EPSILON } };
      return leaky(builder.node("BatchNormalization", [x, gamma, beta, mean, variance], how));
    },
    leaky: (x) => leaky(x),
    activate: (x, kind) =>
      kind === "linear" ? x : builder.node(ACTIVATIONS[kind], [x], kind === "softmax" ? { axis: 1 } : {}),
    halve: (x) => builder.node("MaxPool", [x], { kernel_shape: pair(x), strides: pair(x) }),
    doubleNearest: (x) => resized(x, NEAREST),
    doubleBilinear: (x) => resized(x, BILINEAR),
    doubleTransposed(x, filter, bias) {
      const { kernel, turned } = filterOf(builder, filter);
      return builder.node("ConvTranspose", [x, turned, bias], { kernel_shape: kernel, strides: kernel });
    },
    add: binary("Add"),
    multiply: binary("Mul"),
    concat,
    split: (x, sizes) =>
      builder.nodes("Split", [x, builder.constant(sizes.map(BigInt))], { axis: 1 }, sizes.length),
    dense: (x, weight, bias) => builder.node("Gemm", [x, weight, bias]),
    waves(x, count) {
      const { frequencies, phases } = wavesOf(count);
      const row = [1, 2 * count];
      const column = builder.node("Unsqueeze", [x, builder.constant([1n])], {}, 2);
      const angles = builder.node("Mul", [column, builder.constant(frequencies, row)]);
      return builder.node("Sin", [builder.node("Add", [angles, builder.constant(phases, row)])]);
    },
    overPixels(features, dims) {
      const axes = Array.from({ length: dims }, (_, d) => BigInt(2 + d));
      return builder.node("Unsqueeze", [features, builder.constant(axes)], {}, 2 + dims);
    },
    scope: (work) => work(),
    release: () => undefined,
  };
  return layers;
}

/** [(D,) H, W, in, out] as [out, in, (D,) H, W]; transposed filters, [(D,) H, W, out, in], as [in, out, (D,) H, W]. */
function filterOf(builder: GraphBuilder, filter: GraphValue) {
  assert(filter.rank > 2, `"${filter.name}" has ${filter.rank} axes, and is no filter`, { where: "graph" });
  const dims = filter.rank - 2;
  const axes = Array.from({ length: dims }, (_, d) => d);
  const turned = builder.transposed(filter, [dims + 1, dims, ...axes]);
  return { kernel: turned.constant!.shape.slice(2), turned };
}
