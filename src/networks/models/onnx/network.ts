import type { GraphTensor, GraphTensors } from "../../backends/index.ts";
import type { Batch } from "../batch.ts";
import type { PredictOptions } from "../predict-options.ts";
import type { OnnxGraph } from "./graph.ts";

/** One pass of a graph: tensors by name in, tensors by name out. */
export type OnnxPass = (inputs: GraphTensors) => Promise<GraphTensors>;

/** A network as an ONNX file, and how it is used. What `ModelSpec.onnx` gives. */
export interface OnnxNetwork {
  /** The file's bytes. @param metadata goes into the file's `metadata_props` */
  encode(metadata?: Readonly<Record<string, string>>): Promise<Uint8Array>;
  /** What `Model.predict` does, by as many passes as it takes. */
  predict(pass: OnnxPass, batch: Batch, options: PredictOptions): Promise<Batch>;
}

/** A network of one input and one output, both with channels first, that does its work in one pass. */
export function onePass(graph: OnnxGraph): OnnxNetwork {
  const [input, output] = [graph.inputs[0]!.name, graph.outputs[0]!.name];
  return {
    encode: (metadata) => graph.encode(metadata),
    async predict(pass, batch) {
      const outputs = await pass({ [input]: channelsFirst(batch) });
      return channelsLast(outputs[output]!);
    },
  };
}

/** [N, ..., C] -> [N, C, ...]; always a copy, as the engine may take it along to its thread. */
export function channelsFirst({ data, shape }: GraphTensor): GraphTensor {
  const [n, channels, space] = [shape[0]!, shape.at(-1)!, shape.slice(1, -1)];
  return { data: swapped(data, n, product(space), channels), shape: [n, channels, ...space] };
}

/** [N, C, ...] -> [N, ..., C]. */
export function channelsLast({ data, shape }: GraphTensor): GraphTensor {
  const [n, channels, ...space] = shape as [number, number, ...number[]];
  return {
    data: channels === 1 ? data : swapped(data, n, channels, product(space)),
    shape: [n, ...space, channels],
  };
}

/** [N, A, B] -> [N, B, A]. */
function swapped(data: Float32Array, n: number, a: number, b: number): Float32Array {
  if (a === 1 || b === 1) return data.slice();
  const out = new Float32Array(data.length);
  for (let s = 0; s < n; s++)
    for (let j = 0; j < b; j++) {
      const [from, to] = [s * a * b + j, s * a * b + j * a];
      for (let i = 0; i < a; i++) out[to + i] = data[from + i * b]!;
    }
  return out;
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((a, b) => a * b, 1);
}
