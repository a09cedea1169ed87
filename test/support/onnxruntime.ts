import { onnx } from "../../src/networks/backends/index.ts";

const supported = await onnx().supports();

/** Why tests of ONNX Runtime are skipped here; undefined where it runs. */
export const NO_ONNXRUNTIME: string | undefined =
  supported === true ? undefined : `skipped: ${supported.reason}`;

/** A title that says so. */
export function withOnnxRuntime(title: string): string {
  return NO_ONNXRUNTIME ? `${title} (${NO_ONNXRUNTIME})` : title;
}
