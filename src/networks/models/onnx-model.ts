import { fromBase64, joinFloats } from "../../base/bytes/index.ts";
import { assert, fail, throwIfAborted } from "../../base/errors/index.ts";
import { option } from "../../base/options/index.ts";
import { joinOnnx } from "../layers/index.ts";
import type { Batch } from "./batch.ts";
import { defineModel, type ModelConfig } from "./define-model.ts";
import { channelsFirst, channelsLast, type GraphPass } from "./graph-network.ts";
import type { Model } from "./model.ts";
import type { PredictOptions } from "./predict-options.ts";

const OPTIONS = {
  graph: option.text({ default: "", about: "the ONNX file without its float32 weights, as base64" }),
  input: option.text({ default: "input", about: "the graph's input" }),
  output: option.text({ default: "output", about: "the graph's output" }),
  layout: option.choice(["NCHW", "NHWC"], {
    default: "NCHW",
    about: "where the channels are; PyTorch's NCHW",
  }),
  inChannels: option.integer({ default: 1, min: 1, about: "input volumes stacked as channels" }),
  multipleOf: option.integer({ default: 1, min: 1, about: "H and W must be multiples of this" }),
  size: option.list({ default: [0, 0], min: 0, about: "H and W where the graph fixes them; 0 is any" }),
  batch: option.integer({
    default: 0,
    min: 0,
    about: "samples of a pass where the graph fixes them; 0 is any",
  }),
} as const;

/** Options of {@link OnnxModel}. All travel in the model file. */
export type OnnxModelConfig = ModelConfig<typeof OPTIONS>;

/**
 * A network that came as an ONNX file: runs on ONNX Runtime, and can't be trained. Made by `fromOnnx`, which fills the options in.
 *
 * @throws MidashError `invalid-argument` for unknown or impossible options
 */
export const OnnxModel = defineModel({
  name: "onnx",
  about: "a network that came as an ONNX file; for inference only",
  trainable: false,
  options: OPTIONS,
  spec(config) {
    const { inChannels, multipleOf } = config;
    return {
      input: { channels: inChannels, dims: 2, multipleOf },
      outputs: [{ kind: "ct", name: "ct" }],
      create: async (session): Promise<Model> =>
        fail(
          "unsupported",
          "a network that came as an ONNX file can't be trained, and runs on ONNX Runtime alone",
          { where: session.backend, hint: 'use the backend onnx(), or "auto"' },
        ),
      graph: async (weights) => ({
        graph: await joinOnnx({ skeleton: fromBase64(config.graph), weights }),
        predict: (pass, batch, options) => predict(config, pass, batch, options),
      }),
    };
  },
});

type Resolved = Required<OnnxModelConfig>;

/** In passes of as many samples as the graph takes. */
async function predict(
  config: Resolved,
  pass: GraphPass,
  batch: Batch,
  { signal }: PredictOptions,
): Promise<Batch> {
  const [n, h, w, channels] = batch.shape as [number, number, number, number];
  const [height = 0, width = 0] = config.size;
  assert(
    (height === 0 || height === h) && (width === 0 || width === w),
    `the network takes ${height || "any"}×${width || "any"} samples alone, got ${h}×${w}`,
    {
      where: config.input,
      hint: `cut tiles of that size: Slicer.slices({ size: [${height || h}, ${width || w}], fit: "tile" })`,
    },
  );
  const each = config.batch || n;
  const parts: Float32Array[] = [];
  for (let first = 0; first < n; first += each) {
    throwIfAborted(signal);
    const data = new Float32Array(each * h * w * channels); // a last pass that is not full is filled up with 0
    data.set(batch.data.subarray(first * h * w * channels, Math.min(n, first + each) * h * w * channels));
    const tensor = { data, shape: [each, h, w, channels] };
    const outputs = await pass({ [config.input]: config.layout === "NCHW" ? channelsFirst(tensor) : tensor });
    const output = outputs[config.output]!;
    const expected = [each, h, w, 1];
    const { shape, data: values } = config.layout === "NCHW" ? channelsLast(output) : output;
    assert(
      expected.length === shape.length && expected.every((size, axis) => size === shape[axis]),
      `the network gave [${shape.join(", ")}], not [${expected.join(", ")}] (channels last)`,
      { where: config.output, hint: "an output must be as large as the input" },
    );
    parts.push(values.subarray(0, (Math.min(n, first + each) - first) * h * w));
  }
  return { data: joinFloats(parts), shape: [n, h, w, 1] };
}
