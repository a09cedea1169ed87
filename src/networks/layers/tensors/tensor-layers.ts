import type { Tensor, Tensor2D, Tensor4D, Variable } from "@tensorflow/tfjs-core";
import { type BatchNorm, type Layers, LEAK } from "../layers.ts";
import { wavesOf } from "../waves.ts";
import type { Image, Tf } from "./ops.ts";
import * as ops from "./ops.ts";

/** Share of a new batch in the running statistics of batch norm; PyTorch's 0.1. */
const MOMENTUM = 0.1;

/** Over which pixels a norm takes its statistics: those of each sample, or those of the whole batch. */
export type NormOver = "instance" | "batch";

/** {@link Layers} on tensors, all with gradients. */
export interface TensorLayers extends Layers<Tensor> {
  normLeaky(
    x: Tensor,
    gamma: Tensor,
    beta: Tensor,
    options?: { readonly slope?: number; readonly over?: NormOver },
  ): Tensor;
  /** In training `mean` and `variance` must be variables, unless they are frozen. */
  batchNormLeaky(x: Tensor, norm: BatchNorm<Tensor>): Tensor;
}

/** Layers that a backend computes by kernels of its own, gradients included; the others are composed of tf's ops. */
export interface OwnLayers {
  /** See {@link Layers.convolutionOfPair}. */
  convolutionOfPair?(a: Tensor, b: Tensor, filter: Tensor): Tensor;
  /** See {@link Layers.doubleNearest}. */
  doubleNearest?(x: Tensor): Tensor;
  /** Norm, scale, shift and leaky ReLU of the slope given. */
  normLeaky?(x: Tensor, gamma: Tensor, beta: Tensor, over: NormOver, slope: number): Tensor;
}

/** Makes {@link TensorLayers}. @param training whether gradients are to come, for which intermediate results are kept */
export function tensorLayers(tf: Tf, training: boolean, own: OwnLayers = {}): TensorLayers {
  const image = (x: Tensor) => x as Image;
  const pair =
    own.convolutionOfPair ?? ((a, b, filter) => ops.convolutionOfPair(tf, image(a), image(b), filter));
  const norm =
    own.normLeaky ?? ((x, gamma, beta, over, slope) => ops.normLeaky(tf, image(x), gamma, beta, over, slope));
  const scope = (work: () => Tensor) => (training ? work() : tf.tidy(work));
  const biased = (x: Tensor, bias: Tensor | undefined) => (bias ? tf.add(x, bias) : x);
  return {
    convolution: (x, filter, { bias, stride } = {}) =>
      biased(ops.convolution(tf, image(x), filter, stride), bias),
    convolutionOfPair: (a, b, filter, { bias } = {}) => biased(pair(a, b, filter), bias),
    normLeaky: (x, gamma, beta, { over = "instance", slope = LEAK } = {}) =>
      norm(x, gamma, beta, over, slope),
    batchNormLeaky(x, { gamma, beta, mean, variance, frozen }) {
      if (!training || frozen) return ops.fixedNormLeaky(tf, image(x), mean, variance, gamma, beta);
      follow(tf, image(x), mean as Variable, variance as Variable);
      return norm(x, gamma, beta, "batch", LEAK);
    },
    leaky: (x) => tf.leakyRelu(x, LEAK),
    activate: (x, kind) => (kind === "linear" ? x : tf[kind](x)),
    halve: (x) => ops.halve(tf, image(x)),
    doubleNearest: own.doubleNearest ?? ((x) => ops.doubleNearest(tf, image(x))),
    doubleBilinear: (x) => ops.doubleBilinear(tf, x as Tensor4D),
    doubleTransposed: (x, filter, bias) =>
      scope(() =>
        tf.add(
          scope(() => ops.doubleTransposed(tf, image(x), filter, scope)),
          bias,
        ),
      ),
    add: (a, b) => tf.add(a, b),
    multiply: (a, b) => tf.mul(a, b),
    concat: (parts) => tf.concat([...parts], parts[0]!.rank - 1),
    split: (x, sizes) => tf.split(x, [...sizes], x.rank - 1),
    dense: (x, weight, bias) => tf.add(tf.matMul(x as Tensor2D, weight as Tensor2D), bias),
    waves(x, count) {
      const { frequencies, phases } = wavesOf(count);
      const angles = tf.mul(tf.reshape(x, [-1, 1]), tf.tensor2d(frequencies, [1, 2 * count]));
      return tf.sin(tf.add(angles, tf.tensor2d(phases, [1, 2 * count])));
    },
    overPixels: (features, dims) =>
      tf.reshape(features, [-1, ...Array<number>(dims).fill(1), features.shape[1]!]),
    scope,
    release(...values) {
      if (!training) tf.dispose([...values]);
    },
  };
}

/** Moves batch norm's running statistics towards this batch. */
function follow(tf: Tf, x: Image, ...running: readonly [mean: Variable, variance: Variable]): void {
  tf.tidy(() => {
    const { mean, variance } = ops.moments(tf, x, "batch");
    const count = x.size / mean.size;
    const unbiased = tf.mul(variance, count / Math.max(1, count - 1));
    for (const [n, value] of [mean, unbiased].entries()) {
      const variable = running[n]!;
      const moved = tf.mul(tf.reshape(value, variable.shape), MOMENTUM);
      variable.assign(tf.add(tf.mul(variable, 1 - MOMENTUM), moved));
    }
  });
}
