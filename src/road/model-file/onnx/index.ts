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
  type OnnxAttribute,
  OnnxGraph,
  OnnxModel,
  type OnnxModelConfig,
  type OnnxNetwork,
  type OnnxPass,
  type OnnxValue,
  onePass,
} from "../../../networks/models/index.ts";
export { type ExportOnnxOptions, exportOnnx, type SpecWithWeights } from "./export-onnx.ts";
export { type FromOnnxOptions, fromOnnx } from "./from-onnx.ts";
export type { OnnxReading } from "./read-onnx.ts";
