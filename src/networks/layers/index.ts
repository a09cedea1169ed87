/** Layers of networks: what they compute, as functions of tensors with gradients, and as operations of a graph, which an ONNX file holds. */
export type { NamedArray, NamedArrays } from "./arrays.ts";
export {
  type Graph,
  type GraphAttribute,
  type GraphAttributes,
  type GraphConstant,
  type GraphNode,
  type GraphPort,
  type GraphValue,
  graphWeights,
} from "./graph/graph.ts";
export { GraphBuilder } from "./graph/graph-builder.ts";
export { graphLayers } from "./graph/graph-layers.ts";
export { type Activation, type BatchNorm, EPSILON, type Layers, type Weights } from "./layers.ts";
export { encodeOnnx } from "./onnx/encode.ts";
export { type OnnxOperator, type OnnxOperators, readOperators } from "./onnx/operators.ts";
export { type DeclaredValue, joinOnnx, type OnnxParts, splitOnnx } from "./onnx/parts.ts";
export type { Tf } from "./tensors/ops.ts";
export { type NormOver, type OwnLayers, type TensorLayers, tensorLayers } from "./tensors/tensor-layers.ts";
