/** Engines that compute tensors: the contracts, and the backends that ship with the package. */
export type {
  AdamStep,
  Backend,
  Capabilities,
  GraphSession,
  Session,
  TensorSession,
  Tensors,
  Tf,
} from "./backend.ts";
export { cpu } from "./cpu.ts";
export { openTfSession, type Prepared } from "./engine.ts";
export type { GraphEngine, GraphRunOptions, LoadedGraph } from "./graph.ts";
export { type OnnxOptions, type OnnxProvider, onnx } from "./onnx/index.ts";
export { type WasmOptions, wasm } from "./wasm/wasm.ts";
export { webgpu } from "./webgpu/webgpu.ts";
