/** The convolution of two tensors as if concatenated, stride 1, `same` padding, and its gradients, without making the concatenation. */
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Tf } from "../../backend.ts";
import { type ConvGeometry, geometryOf, turnedGeometry } from "../../tfjs/conv-geometry.ts";
import { CONV_PAIR, CONV_PAIR_GRAD } from "../../tfjs/own-kernels.ts";
import {
  asTensor,
  composeKernel,
  composeKernels,
  type KernelArguments,
  replaceKernel,
  type TensorInfo,
} from "../../tfjs/register.ts";
import { type HeapBackend, poolOf } from "../of-backend.ts";
import { asPiece, suitsWinograd, winograd, winogradFilterGradient } from "./winograd.ts";

const ATTRIBUTES = { strides: 1, pad: "same" } as const;

/** For a backend that has compiled kernels. */
export function registerConvPair(tf: Tf, backendName: string): void {
  replaceKernel(tf, backendName, CONV_PAIR, (args) => fused(tf, args) ?? composed(tf, args));
  replaceKernel(
    tf,
    backendName,
    CONV_PAIR_GRAD,
    (args) => fusedGradients(tf, args) ?? composedGradients(tf, args),
  );
}

function fused(tf: Tf, { inputs, backend }: KernelArguments): TensorInfo | undefined {
  const { a, b, filter } = inputs as Record<string, TensorInfo>;
  const geometry = fittingGeometry(tf, backend, a!, filter!);
  if (!geometry) return undefined;
  const heap = backend as HeapBackend;
  const y = heap.makeOutput([...a!.shape.slice(0, -1), geometry.outChannels], "float32");
  winograd(heap, [asPiece(a!), asPiece(b!)], filter!, geometry, [asPiece(y)]);
  return y;
}

function fusedGradients(tf: Tf, { inputs, backend }: KernelArguments): TensorInfo[] | undefined {
  const { a, b, filter, dy } = inputs as Record<string, TensorInfo>;
  const geometry = fittingGeometry(tf, backend, a!, filter!);
  if (!geometry) return undefined;
  const heap = backend as HeapBackend;
  const [da, db] = [a!, b!].map(({ shape }) => heap.makeOutput(shape, "float32"));
  winograd(heap, [asPiece(dy!)], filter!, turnedGeometry(geometry), [asPiece(da!), asPiece(db!)], true);
  const sources = [asPiece(a!), asPiece(b!)];
  return [da!, db!, winogradFilterGradient(heap, sources, dy!, geometry, filter!.shape)];
}

/** Undefined where the compiled kernels don't take it. */
function fittingGeometry(
  tf: Tf,
  backend: unknown,
  a: TensorInfo,
  filter: TensorInfo,
): ConvGeometry | undefined {
  const joined = [...a.shape.slice(0, -1), filter.shape.at(-2)!];
  const geometry = geometryOf(tf, joined, filter.shape, ATTRIBUTES);
  const suits = poolOf(backend) && geometry && suitsWinograd(geometry) && a.shape.at(-1)! % 4 === 0;
  return suits ? geometry : undefined;
}

function composed(tf: Tf, { inputs, backend }: KernelArguments): TensorInfo {
  return composeKernel(tf, backend, () => {
    const [a, b, filter] = tensorsOf(tf, backend, inputs, ["a", "b", "filter"]);
    const [ofA, ofB] = halvesOf(tf, filter!, a!.shape.at(-1)!);
    const convolve = (x: Tensor, part: Tensor) =>
      x.rank === 5
        ? tf.conv3d(x as never, part as never, 1, "same")
        : tf.conv2d(x as never, part as never, 1, "same");
    return tf.add(convolve(a!, ofA), convolve(b!, ofB));
  });
}

function composedGradients(tf: Tf, { inputs, backend }: KernelArguments): TensorInfo[] {
  return composeKernels(tf, backend, () => {
    const [a, b, filter, dy] = tensorsOf(tf, backend, inputs, ["a", "b", "filter", "dy"]);
    const kernels =
      a!.rank === 5
        ? (["Conv3DBackpropInputV2", "Conv3DBackpropFilterV2"] as const)
        : (["Conv2DBackpropInput", "Conv2DBackpropFilter"] as const);
    const gradients = (x: Tensor, part: Tensor) => {
      const attributes = { ...ATTRIBUTES, inputShape: x.shape, filterShape: part.shape };
      const run = (kernel: string, of: Record<string, Tensor>) =>
        tf.engine().runKernel(kernel, of, attributes) as Tensor;
      return [run(kernels[0], { dy: dy!, filter: part }), run(kernels[1], { x, dy: dy! })] as const;
    };
    const [ofA, ofB] = halvesOf(tf, filter!, a!.shape.at(-1)!);
    const [[da, dOfA], [db, dOfB]] = [gradients(a!, ofA), gradients(b!, ofB)];
    return [da, db, tf.concat([dOfA, dOfB], filter!.rank - 2)];
  });
}

function tensorsOf(
  tf: Tf,
  backend: unknown,
  inputs: KernelArguments["inputs"],
  names: readonly string[],
): Tensor[] {
  return names.map((name) => asTensor<Tensor>(tf, backend, inputs[name]!));
}

/** The parts of a filter for the first `channels` and for the rest. In three dimensions: tfjs splits more of them value by value. */
function halvesOf(tf: Tf, filter: Tensor, channels: number): [Tensor, Tensor] {
  const [ins, outs] = filter.shape.slice(-2) as [number, number];
  const taps = filter.shape.slice(0, -2);
  const parts = tf.split(tf.reshape(filter, [-1, ins, outs]), [channels, ins - channels], 1);
  return parts.map((part) => tf.reshape(part, [...taps, part.shape[1]!, outs])) as [Tensor, Tensor];
}
