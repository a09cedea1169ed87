import type { Graph, NamedArray, NamedArrays } from "../layers/index.ts";
import type { Batch } from "./batch.ts";
import type { PredictOptions } from "./predict-options.ts";

/** One pass of a graph: arrays by name in, arrays by name out, channels first. */
export type GraphPass = (inputs: NamedArrays) => Promise<NamedArrays>;

/** A network as a graph, and how it is used. What `ModelSpec.graph` gives. */
export interface GraphNetwork {
  /** As data; the bytes of an ONNX file, where the network came as one. */
  readonly graph: Graph | Uint8Array;
  /** What `Model.predict` does, by as many passes as it takes. */
  predict(pass: GraphPass, batch: Batch, options: PredictOptions): Promise<Batch>;
}

/** Names of the spatial axes, all of any length that can be halved often enough. */
export function spaceOf(dims: 2 | 3): readonly string[] {
  return dims === 3 ? ["depth", "height", "width"] : ["height", "width"];
}

/** [N, ..., C] -> [N, C, ...]; always a copy, as the engine may take it along to its thread. */
export function channelsFirst({ data, shape }: NamedArray): NamedArray {
  const [n, channels, space] = [shape[0]!, shape.at(-1)!, shape.slice(1, -1)];
  return { data: swapped(data, n, product(space), channels), shape: [n, channels, ...space] };
}

/** [N, C, ...] -> [N, ..., C]. */
export function channelsLast({ data, shape }: NamedArray): NamedArray {
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
