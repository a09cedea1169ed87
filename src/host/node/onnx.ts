import { assert } from "../../base/errors/index.ts";
import type { ModelBundle } from "../../road/model-file/index.ts";
import {
  describeOnnx,
  type ExportOnnxOptions,
  exportOnnx,
  type FromOnnxOptions,
  fromOnnx,
  type OnnxDescription,
  type OnnxReading,
  type SpecWithWeights,
} from "../../road/model-file/onnx/index.ts";
import { readFileBytes, writeFileAtomic } from "./files.ts";
import type { ModelFileOptions } from "./models.ts";

/**
 * Writes a model as an ONNX file, atomically. See `exportOnnx` in `@midash/core/onnx`.
 *
 * @throws MidashError what `exportOnnx` throws; `not-found`, `io`, `aborted` whose `where` is the path
 */
export async function saveOnnx(
  path: string,
  model: ModelBundle | SpecWithWeights,
  options: ExportOnnxOptions & ModelFileOptions = {},
): Promise<void> {
  assert(typeof path === "string" && path !== "", "path must be a non-empty string", {
    where: { call: "saveOnnx" },
  });
  await writeFileAtomic(path, await exportOnnx(model, options), { signal: options.signal });
}

/**
 * Reads an ONNX file as a model for `Synthesizer`. See `fromOnnx` in `@midash/core/onnx`.
 *
 * @throws MidashError whose `where` is the path: what `fromOnnx` throws; `not-found`, `io`, `aborted`
 */
export async function loadOnnx(
  path: string,
  options: FromOnnxOptions & ModelFileOptions = {},
): Promise<ModelBundle> {
  assert(typeof path === "string" && path !== "", "path must be a non-empty string", {
    where: { call: "loadOnnx" },
  });
  return fromOnnx(await readFileBytes(path, options), { name: path, ...options });
}

/**
 * Says what an ONNX file holds. See `describeOnnx` in `@midash/core/onnx`.
 *
 * @throws MidashError whose `where` is the path: what `describeOnnx` throws; `not-found`, `io`, `aborted`
 */
export async function inspectOnnx(
  path: string,
  options: OnnxReading & ModelFileOptions = {},
): Promise<OnnxDescription> {
  assert(typeof path === "string" && path !== "", "path must be a non-empty string", {
    where: { call: "inspectOnnx" },
  });
  return describeOnnx(await readFileBytes(path, options), { name: path, ...options });
}
