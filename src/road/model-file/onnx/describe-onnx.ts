import { errorText, isUserError, type MidashErrorJson } from "../../../base/errors/index.ts";
import {
  type DeclaredValue,
  type OnnxOperators,
  readOperators,
  splitOnnx,
} from "../../../networks/layers/index.ts";
import type { OnnxLayout } from "../../../networks/models/index.ts";
import { type OnnxReading, readOnnx } from "./read-onnx.ts";

/** How a network of an ONNX file would be used. */
export interface OnnxUse {
  readonly input: string;
  readonly output: string;
  readonly layout: OnnxLayout;
  readonly inChannels: number;
  readonly outChannels: number;
  /** [D,] H and W where the file fixes them; 0 is any. */
  readonly size: readonly number[];
  /** Samples of a pass where the file fixes them; 0 is any. */
  readonly batch: number;
  /** D, H and W are padded to multiples of this. */
  readonly multipleOf: number;
}

/** What an ONNX file holds. */
export interface OnnxDescription extends OnnxOperators {
  /** Who wrote it: "pytorch 2.5.0". */
  readonly producer: string;
  /** float32 weights. */
  readonly parameters: number;
  readonly inputs: readonly DeclaredValue[];
  readonly outputs: readonly DeclaredValue[];
  readonly metadata: Readonly<Record<string, string>>;
  /** How `fromOnnx` would use it, or why it can't. */
  readonly use: OnnxUse | { readonly problem: MidashErrorJson; readonly message: string };
}

/**
 * Says what an ONNX file holds and, if it is a network that takes an image and gives one, how `fromOnnx` would use it.
 *
 * @param options what `fromOnnx` would be told; `name` begins errors
 * @throws MidashError `invalid-file` when the bytes are no ONNX file; `unsupported` when its weights lie in other files
 */
export async function describeOnnx(
  bytes: Uint8Array,
  options: OnnxReading & { readonly name?: string } = {},
): Promise<OnnxDescription> {
  const { name = "ONNX file", ...reading } = options;
  const { weights, inputs, outputs, producer, metadata } = await splitOnnx(bytes, name);
  const parameters = Object.values(weights).reduce((sum, { data }) => sum + data.length, 0);
  const operators = await readOperators(bytes);
  return {
    producer,
    parameters,
    inputs,
    outputs,
    ...operators,
    metadata,
    use: await useOf(bytes, reading, name),
  };
}

async function useOf(bytes: Uint8Array, reading: OnnxReading, name: string): Promise<OnnxDescription["use"]> {
  try {
    const { config, outChannels } = await readOnnx(bytes, reading, name);
    const { input, output, layout, inChannels, size, batch, multipleOf } = config;
    return { input, output, layout, inChannels, outChannels, size, batch, multipleOf };
  } catch (error) {
    if (!isUserError(error)) throw error;
    const problem = error.toJSON();
    return { problem, message: errorText({ ...problem, where: undefined }) };
  }
}
