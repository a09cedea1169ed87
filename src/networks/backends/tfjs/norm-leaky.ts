/**
 * Norm, scale, shift and leaky ReLU in one kernel, forward and backward: y = leaky(gamma · (x - mean) / sd + beta).
 * Composed of tf ops it takes some 10 passes over memory forward and 15 backward, half of a training step on wasm;
 * here it takes 2 and 2. Plain loops over the backend's own memory, sums in float64.
 */

import type * as TfCore from "@tensorflow/tfjs-core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { product } from "../../../base/bytes/index.ts";
import { EPSILON, type OwnLayers } from "../../layers/index.ts";
import type { Tf } from "../backend.ts";
import { hostArrays, type KernelArguments, replaceKernel, type TensorInfo } from "./register.ts";

export const NORM_LEAKY = "MidashNormLeaky";
export const NORM_LEAKY_GRAD = "MidashNormLeakyGrad";

/** Attributes of both kernels. */
export interface NormLeakyAttributes extends TfCore.NamedAttrMap {
  /** `instance`: statistics per sample and channel; `batch`: per channel over the batch. */
  readonly over: "instance" | "batch";
  readonly epsilon: number;
  readonly slope: number;
}

export function registerNormLeaky(tf: Tf, backendName: string): void {
  replaceKernel(tf, backendName, NORM_LEAKY, forward);
  replaceKernel(tf, backendName, NORM_LEAKY_GRAD, backward);
}

/** `normLeaky` of the layers by the two kernels. */
export function normLeakyLayer(tf: Tf): NonNullable<OwnLayers["normLeaky"]> {
  return (x, gamma, beta, over, slope) => {
    const attrs: NormLeakyAttributes = { over, epsilon: EPSILON, slope };
    const op = tf.customGrad((...args) => {
      const [input, g, b, save] = args as unknown as [Tensor, Tensor, Tensor, (tensors: Tensor[]) => void];
      const [y, mean, inverse] = run(tf, NORM_LEAKY, { x: input, gamma: g, beta: b }, attrs);
      save([input, g, b, mean!, inverse!]);
      const gradFunc = (dy: Tensor, saved: Tensor[]) => {
        const [x_, gamma_, beta_, mean_, inverse_] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor];
        const known = { x: x_, dy, gamma: gamma_, beta: beta_, mean: mean_, inverse: inverse_ };
        return run(tf, NORM_LEAKY_GRAD, known, attrs);
      };
      return { value: y!, gradFunc };
    });
    return op(x, gamma, beta);
  };
}

function run(tf: Tf, kernel: string, inputs: Record<string, Tensor>, attrs: NormLeakyAttributes): Tensor[] {
  return tf.engine().runKernel(kernel, inputs, attrs) as Tensor[];
}

/** x [N, ..., C], gamma [C], beta [C] -> y like x, mean and 1/sd as [groups, C]. */
function forward({ inputs, backend, attrs }: KernelArguments): TensorInfo[] {
  const { x, gamma, beta } = inputs as Record<string, TensorInfo>;
  const { over, epsilon, slope } = attrs as unknown as NormLeakyAttributes;
  const { groups, pixels, channels } = layoutOf(x!, over);
  const { infos, outputs, views } = hostArrays(
    backend,
    [x!, gamma!, beta!],
    [x!.shape, [groups, channels], [groups, channels]],
  );
  const [xs, g, b] = views as [Float32Array, Float32Array, Float32Array];
  const [y, means, inverses] = outputs as [Float32Array, Float32Array, Float32Array];
  const slopes = Float64Array.of(slope, 1); // looked up, not branched on: signs are random
  // Channel by channel: a sample's plane fits the cache, and everything but the pixel stays in registers.
  for (let group = 0; group < groups; group++)
    for (let c = 0; c < channels; c++) {
      const start = group * pixels * channels + c;
      const end = start + pixels * channels;
      // Sums about the first pixel: E[x²] - E[x]² would lose digits where the mean is large.
      const pivot = xs[start]!;
      let sum = 0;
      let squares = 0;
      for (let i = start; i < end; i += channels) {
        const v = xs[i]! - pivot;
        sum += v;
        squares += v * v;
      }
      const offset = sum / pixels;
      const inverse = 1 / Math.sqrt(Math.max(0, squares / pixels - offset * offset) + epsilon);
      means[group * channels + c] = pivot + offset;
      inverses[group * channels + c] = inverse;
      const factor = g[c]! * inverse;
      const shift = b[c]! - factor * (pivot + offset);
      for (let i = start; i < end; i += channels) {
        const v = factor * xs[i]! + shift;
        y[i] = v * slopes[Number(v > 0)]!;
      }
    }
  return infos;
}

/**
 * With x̂ = (x - mean) / sd and d = dy through the leaky ReLU: dbeta = Σ d, dgamma = Σ d·x̂ and
 * dx = gamma / sd · (d - mean(d) - x̂ · mean(d·x̂)).
 */
function backward({ inputs, backend, attrs }: KernelArguments): TensorInfo[] {
  const { x, dy, gamma, beta, mean, inverse } = inputs as Record<string, TensorInfo>;
  const { over, slope } = attrs as unknown as NormLeakyAttributes;
  const { groups, pixels, channels } = layoutOf(x!, over);
  const { infos, outputs, views } = hostArrays(
    backend,
    [x!, dy!, gamma!, beta!, mean!, inverse!],
    [x!.shape, [channels], [channels]],
  );
  const [xs, dys, g, b, means, inverses] = views as Float32Array[] as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const [dx, dgamma, dbeta] = outputs as [Float32Array, Float32Array, Float32Array];
  const slopes = Float64Array.of(slope, 1); // looked up, not branched on: signs are random
  dgamma.fill(0);
  dbeta.fill(0);
  for (let group = 0; group < groups; group++)
    for (let c = 0; c < channels; c++) {
      const start = group * pixels * channels + c;
      const end = start + pixels * channels;
      const mu = means[group * channels + c]!;
      const inv = inverses[group * channels + c]!;
      const gain = g[c]!;
      const bias = b[c]!;
      let sumD = 0;
      let sumDx = 0;
      for (let i = start; i < end; i += channels) {
        const xHat = (xs[i]! - mu) * inv;
        const d = dys[i]! * slopes[Number(gain * xHat + bias > 0)]!;
        sumD += d;
        sumDx += d * xHat;
      }
      dbeta[c] = dbeta[c]! + sumD;
      dgamma[c] = dgamma[c]! + sumDx;
      const meanD = sumD / pixels;
      const meanDx = sumDx / pixels;
      const scale = gain * inv;
      for (let i = start; i < end; i += channels) {
        const xHat = (xs[i]! - mu) * inv;
        const d = dys[i]! * slopes[Number(gain * xHat + bias > 0)]!;
        dx[i] = scale * (d - meanD - xHat * meanDx);
      }
    }
  return infos;
}

/** Groups of pixels that share statistics: all axes between the first and the last are of pixels, in 2-D and in 3-D. */
export function layoutOf(x: TensorInfo, over: "instance" | "batch") {
  const [n, channels] = [x.shape[0]!, x.shape[x.shape.length - 1]!];
  const pixels = product(x.shape.slice(1, -1));
  return over === "instance" ? { groups: n, pixels, channels } : { groups: 1, pixels: n * pixels, channels };
}
