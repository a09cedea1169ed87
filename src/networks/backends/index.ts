/** Engines that compute tensors: the contracts, and the backends that ship with the package. */
export type { Backend, Capabilities, Session, Tf } from "./backend.ts";
export { cpu } from "./cpu.ts";
export { openTfSession } from "./engine.ts";
export type { Graph, GraphEngine, GraphRunOptions, GraphTensor, GraphTensors } from "./graph.ts";
export { type OnnxOptions, type OnnxProvider, onnx } from "./onnx/index.ts";
export { NORM_LEAKY, NORM_LEAKY_GRAD, type NormLeakyAttributes } from "./tfjs/norm-leaky.ts";
export { ADAM, type AdamAttributes } from "./wasm/kernels/adam.ts";
export { CONV_PAIR, CONV_PAIR_GRAD } from "./wasm/kernels/conv-pair.ts";
export { DOUBLE_NEAREST, DOUBLE_NEAREST_GRAD } from "./wasm/kernels/double-nearest.ts";
export { wasm } from "./wasm/wasm.ts";
