import { assert } from "../../base/errors/index.ts";
import {
  decodeModel,
  type EncodeModelOptions,
  encodeModel,
  type ModelBundle,
} from "../../road/model-file/index.ts";
import { readFileBytes, writeFileAtomic } from "./files.ts";

/** Options of {@link saveModel} and {@link loadModel}. */
export interface ModelFileOptions {
  readonly signal?: AbortSignal;
}

/**
 * Writes a model with its preprocessing as one `.safetensors` file, atomically.
 *
 * @throws MidashError whose `where` is the path: `not-found` when the folder is absent, `io` or `aborted`
 */
export async function saveModel(
  path: string,
  bundle: ModelBundle,
  options: ModelFileOptions & EncodeModelOptions = {},
): Promise<void> {
  assert(typeof path === "string" && path !== "", "path must be a non-empty string", {
    where: { call: "saveModel" },
  });
  await writeFileAtomic(path, encodeModel(bundle, options), options);
}

/**
 * Reads a model that `saveModel` or a training run wrote.
 *
 * @throws MidashError whose `where` is the path: `not-found`, `io`, `invalid-file` or `aborted`
 */
export async function loadModel(path: string, options: ModelFileOptions = {}): Promise<ModelBundle> {
  assert(typeof path === "string" && path !== "", "path must be a non-empty string", {
    where: { call: "loadModel" },
  });
  return decodeModel(await readFileBytes(path, options), { name: path });
}
