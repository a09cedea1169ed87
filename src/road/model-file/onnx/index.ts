/**
 * ONNX, out and in: models of this library as ONNX files, and networks of others, exported from PyTorch say, in the
 * `Synthesizer`; computed by ONNX Runtime, an optional package.
 *
 * @example
 * import { exportOnnx, onnx } from "@midash/core/onnx";
 * const bytes = await exportOnnx(bundle);
 * const synthesizer = new Synthesizer(bundle, { backend: onnx() });
 *
 * @module
 */
export { type OnnxOptions, type OnnxProvider, onnx } from "../../../networks/backends/index.ts";
export {
  type DeclaredValue,
  encodeOnnx,
  type OnnxOperator,
  type OnnxOperators,
} from "../../../networks/layers/index.ts";
export { OnnxModel, type OnnxModelConfig } from "../../../networks/models/index.ts";
export { describeOnnx, type OnnxDescription, type OnnxUse } from "./describe-onnx.ts";
export { type ExportOnnxOptions, exportOnnx, type SpecWithWeights } from "./export-onnx.ts";
export { type FromOnnxOptions, fromOnnx } from "./from-onnx.ts";
export type { OnnxReading } from "./read-onnx.ts";
