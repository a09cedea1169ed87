/** ONNX Runtime as a backend: whole networks instead of tensors. */
export { onnx } from "./onnx.ts";
export type { OnnxOptions } from "./options.ts";
export type { OnnxProvider } from "./runtime.ts";
