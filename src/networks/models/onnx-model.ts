import { fromBase64 } from "../../base/bytes/index.ts";
import { assert, fail, throwIfAborted } from "../../base/errors/index.ts";
import { option } from "../../base/options/index.ts";
import { joinOnnx } from "../layers/index.ts";
import type { Batch } from "./batch.ts";
import { defineModel, type ModelConfig } from "./define-model.ts";
import { channelsFirst, channelsLast, type GraphPass } from "./graph-network.ts";
import type { Model } from "./model.ts";
import { type OutputSpec, outputChannels, parseOutputs } from "./output.ts";
import type { PredictOptions } from "./predict-options.ts";

/** What an ONNX file gives unless it says otherwise. */
const CT: readonly OutputSpec[] = [{ kind: "ct", name: "ct" }];

/** Where an image has its axes. */
const ONNX_LAYOUTS = ["NCHW", "NHWC", "NCDHW", "NDHWC"] as const;
export type OnnxLayout = (typeof ONNX_LAYOUTS)[number];

const OPTIONS = {
  graph: option.text({ default: "", about: "the ONNX file without its float32 weights, as base64" }),
  input: option.text({ default: "input", about: "the graph's input" }),
  output: option.text({ default: "output", about: "the graph's output" }),
  layout: option.choice(ONNX_LAYOUTS, {
    default: "NCHW",
    about: "the order of the axes, with D for 3-D networks; PyTorch's NCHW",
  }),
  inChannels: option.integer({ default: 1, min: 1, about: "input volumes stacked as channels" }),
  outputs: option.text({
    default: "",
    about: "what the output's channels are, as a recipe's `outputs` in JSON; a CT unless given",
  }),
  multipleOf: option.integer({ default: 1, min: 1, about: "D, H and W must be multiples of this" }),
  size: option.list({ default: [0, 0], min: 0, about: "[D,] H and W where the graph fixes them; 0 is any" }),
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
    const { inChannels, multipleOf, layout } = config;
    const outputs = config.outputs === "" ? CT : parseOutputs(config.outputs, "onnx");
    return {
      input: { channels: inChannels, dims: layout.length === 5 ? 3 : 2, multipleOf },
      outputs,
      create: async (session): Promise<Model> =>
        fail(
          "unsupported",
          "a network that came as an ONNX file can't be trained, and runs on ONNX Runtime alone",
          { where: session.backend, hint: [["choose ", { option: "backend" }, " onnx, or auto"]] },
        ),
      graph: async (weights) => ({
        graph: await joinOnnx({ skeleton: fromBase64(config.graph), weights }),
        predict: (pass, batch, options) =>
          predict({ ...config, outChannels: outputChannels(outputs) }, pass, batch, options),
      }),
    };
  },
});

type Resolved = Required<OnnxModelConfig> & { readonly outChannels: number };

/** In passes of as many samples as the graph takes. */
async function predict(
  { input, output, layout, size, batch: fixed, outChannels }: Resolved,
  pass: GraphPass,
  batch: Batch,
  { signal }: PredictOptions,
): Promise<Batch> {
  const [n, ...space] = batch.shape.slice(0, -1) as [number, ...number[]];
  assert(
    size.every((length, axis) => length === 0 || length === space[axis]),
    `the network takes ${size.map((length) => length || "any").join("×")} samples alone, got ${space.join("×")}`,
    { where: input, hint: "cut samples of that size" },
  );
  const first = layout.startsWith("NC");
  const pixels = space.reduce((a, b) => a * b, 1);
  const [ins, outs] = [pixels * batch.shape.at(-1)!, pixels * outChannels];
  const each = fixed || n;
  const result = new Float32Array(n * outs);
  for (let at = 0; at < n; at += each) {
    throwIfAborted(signal);
    const count = Math.min(each, n - at);
    const data = new Float32Array(each * ins); // a last pass that is not full is filled up with 0
    data.set(batch.data.subarray(at * ins, (at + count) * ins));
    const sample = { data, shape: [each, ...batch.shape.slice(1)] };
    const found = (await pass({ [input]: first ? channelsFirst(sample) : sample }))[output]!;
    const { shape, data: values } = first ? channelsLast(found) : found;
    const expected = [each, ...space, outChannels];
    assert(
      String(shape) === String(expected),
      `the network gave [${shape.join(", ")}], not [${expected.join(", ")}] (channels last)`,
      { where: output, hint: "an output must be as large as the input" },
    );
    result.set(values.subarray(0, count * outs), at * outs);
  }
  return { data: result, shape: [n, ...space, outChannels] };
}
