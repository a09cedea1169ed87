/** The convolution of two tensors as if concatenated, stride 1, `same` padding, without making the concatenation. */
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Tf } from "../../backend.ts";
import {
  asTensor,
  composeKernel,
  type KernelArguments,
  replaceKernel,
  type TensorInfo,
} from "../../tfjs/register.ts";
import { type HeapBackend, poolOf } from "../of-backend.ts";
import { geometryOf } from "./conv-geometry.ts";
import { suitsWinograd, winograd } from "./winograd.ts";

/** Inputs a, b ([N, ..., C]) and filter ([..., a's + b's channels, out]). */
export const CONV_PAIR = "MidashConvPair";

const ATTRIBUTES = { strides: 1, pad: "same" } as const;

/** For a backend that has compiled kernels. */
export function registerConvPair(tf: Tf, backendName: string): void {
  replaceKernel(tf, backendName, CONV_PAIR, (args) => fused(tf, args) ?? composed(tf, args));
}

function fused(tf: Tf, { inputs, backend }: KernelArguments): TensorInfo | undefined {
  const { a, b, filter } = inputs as Record<string, TensorInfo>;
  const [ca, cb] = [a!.shape.at(-1)!, b!.shape.at(-1)!];
  const geometry = geometryOf(tf, [...a!.shape.slice(0, -1), ca + cb], filter!.shape, ATTRIBUTES);
  if (!poolOf(backend) || !geometry || !suitsWinograd(geometry) || ca % 4 !== 0) return undefined;
  const sources = [
    { info: a!, channels: ca },
    { info: b!, channels: cb },
  ];
  const outShape = [...a!.shape.slice(0, -1), geometry.outChannels];
  return winograd(backend as HeapBackend, sources, filter!, geometry, outShape);
}

function composed(tf: Tf, { inputs, backend }: KernelArguments): TensorInfo {
  return composeKernel(tf, backend, () => {
    const [a, b, filter] = ["a", "b", "filter"].map((name) => asTensor<Tensor>(tf, backend, inputs[name]!));
    const parts = tf.split(filter!, [a!.shape.at(-1)!, b!.shape.at(-1)!], filter!.rank - 2);
    const convolve = (x: Tensor, part: Tensor) =>
      x.rank === 5
        ? tf.conv3d(x as never, part as never, 1, "same")
        : tf.conv2d(x as never, part as never, 1, "same");
    return tf.add(convolve(a!, parts[0]!), convolve(b!, parts[1]!));
  });
}
