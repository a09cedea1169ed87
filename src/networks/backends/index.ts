/** Engines that compute tensors: the contracts, and the backends that ship with the package. */
export type {
  AdamStep,
  AdamVariable,
  Backend,
  Capabilities,
  GraphSession,
  Session,
  TensorSession,
  Tensors,
  Tf,
} from "./backend.ts";
export { cpu } from "./cpu.ts";
export { openTfSession, type Prepared, type TfSessionOptions } from "./engine.ts";
export type { GraphEngine, GraphRunOptions, LoadedGraph } from "./graph.ts";
export { type OnnxOptions, type OnnxProvider, onnx } from "./onnx/index.ts";
export { node } from "./tfjs-node/node.ts";
export { nodeGpu } from "./tfjs-node/node-gpu.ts";
export { type WasmOptions, wasm } from "./wasm/wasm.ts";
export { webgl } from "./webgl/webgl.ts";
export { type WebgpuOptions, webgpu } from "./webgpu/webgpu.ts";
export { webgpuInference } from "./webgpu-inference/webgpu-inference.ts";
