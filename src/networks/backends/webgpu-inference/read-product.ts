import { product } from "../../../base/bytes/index.ts";
import type { GraphNode } from "../../layers/index.ts";
import { type GraphValues, refuse } from "./graph-values.ts";
import type { ProductOperation } from "./program.ts";

type Triple = readonly [number, number, number];

const POINT: Pick<ProductOperation, "kernel" | "stride" | "pads"> = {
  kernel: [1, 1, 1],
  stride: [1, 1, 1],
  pads: "same",
};

/** Attributes that are understood. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  Conv: ["kernel_shape", "pads", "auto_pad", "strides"],
  ConvTranspose: ["kernel_shape", "strides"],
  Gemm: [],
};

/** A convolution, a transposed one or a dense layer. Filters are turned to [taps, in, out]. */
export function readProduct(reader: GraphValues, node: GraphNode): ProductOperation {
  const { type, inputs, outputs, attributes } = node;
  const unknown = Object.keys(attributes).filter((name) => !KNOWN[type]!.includes(name));
  if (unknown.length > 0) refuse(`${type} with ${unknown.join(", ")}`);
  const { data, shape } = reader.floats(node, 1);
  const bias = inputs[2] ? reader.weights.add(reader.floats(node, 2).data) : undefined;
  const add = (filter: Float32Array) => reader.weights.add(filter, { mayHalve: true });
  const common = { type: "product", sources: [reader.value(inputs[0]!)], result: outputs[0]!, bias } as const;
  if (type === "Gemm") {
    const [ins, outs] = shape as [number, number];
    return { ...common, ...POINT, filter: add(data), ins, outs };
  }
  const [one, two, ...kernel] = shape as [number, number, ...number[]];
  const taps = product(kernel);
  const strides = list(attributes.strides) ?? kernel.map(() => 1);
  if (type === "ConvTranspose") {
    if (![...kernel, ...strides].every((n) => n === 2)) refuse("ConvTranspose of others than 2 a side");
    const doubled = kernel.length as 2 | 3;
    return {
      ...common,
      ...POINT,
      filter: add(turned(data, [one, two, taps], [0, 2, 1])),
      ins: one,
      outs: two,
      doubled,
    };
  }
  const pads =
    list(attributes.pads) ?? (attributes.auto_pad ? undefined : kernel.concat(kernel).map(() => 0));
  const half = kernel.length;
  return {
    ...common,
    sources: joined(reader, inputs[0]!) ?? common.sources,
    filter: add(turned(data, [one, two, taps], [2, 1, 0])),
    kernel: triple(kernel, 1),
    stride: triple(strides, 1),
    pads: pads ? { before: triple(pads.slice(0, half), 0), behind: triple(pads.slice(half), 0) } : "same",
    ins: two,
    outs: one,
  };
}

/** Two values that are joined for this convolution alone: it reads them as they are. */
function joined(reader: GraphValues, name: string): readonly string[] | undefined {
  const made = reader.makerToTake(name);
  if (made?.type !== "join" || made.parts.length !== 2 || made.parts[0] === made.parts[1]) return undefined;
  reader.take(name);
  return made.parts;
}

function list(value: unknown): number[] | undefined {
  return Array.isArray(value) ? (value as number[]) : undefined;
}

/** Depth, height, width. */
function triple(values: readonly number[], lacking: number): Triple {
  return [...Array<number>(3 - values.length).fill(lacking), ...values] as unknown as Triple;
}

/** Three axes in another order. */
function turned(data: Float32Array, shape: Triple, order: Triple): Float32Array {
  const strides = [shape[1] * shape[2], shape[2], 1];
  const [a, b, c] = order.map((axis) => shape[axis]!) as [number, number, number];
  const [i1, j1, k1] = order.map((axis) => strides[axis]!) as [number, number, number];
  const out = new Float32Array(data.length);
  let n = 0;
  for (let i = 0; i < a; i++)
    for (let j = 0; j < b; j++) for (let k = 0; k < c; k++) out[n++] = data[i * i1 + j * j1 + k * k1]!;
  return out;
}
