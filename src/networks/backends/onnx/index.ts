/** ONNX Runtime as a backend: whole networks instead of tensors. */
export { type OnnxOptions, onnx } from "./onnx.ts";
export type { OnnxProvider } from "./runtime.ts";
