/**
 * Layers as functions of tensors, NHWC or NDHWC alike: what a tensor's rank says is done in 2-D or in 3-D. Written for few passes over
 * memory and for ops that every backend does right.
 */
import type { Tensor, Tensor4D, Tensor5D } from "@tensorflow/tfjs-core";
import {
  CONV_PAIR,
  CONV_PAIR_GRAD,
  DOUBLE_NEAREST,
  DOUBLE_NEAREST_GRAD,
  NORM_LEAKY,
  NORM_LEAKY_GRAD,
  type NormLeakyAttributes,
  type Tf,
} from "../backends/index.ts";

/** Added to the variance, as in PyTorch's InstanceNorm2d and BatchNorm2d. */
export const EPSILON = 1e-5;
/** Slope of the leaky ReLU for negative values; PyTorch's and nnU-Net's 0.01. */
export const LEAK = 0.01;

/** Samples with channels last: [N, H, W, C] or [N, D, H, W, C]. */
export type Image = Tensor4D | Tensor5D;

/** Convolution with `same` padding, stride 1. `filter` is [fH, fW, in, out], or [fD, fH, fW, in, out] for [N, D, H, W, C]. */
export function convolution<T extends Image>(tf: Tf, x: T, filter: Tensor): T {
  if (x.rank === 5) return tf.conv3d(x as Tensor5D, filter as Tensor5D, 1, "same") as T;
  return tf.conv2d(x as Tensor4D, filter as Tensor4D, 1, "same") as T;
}

/**
 * conv(concat([a, b])) without making or splitting the concatenation, which costs more than the convolution on wasm: in one kernel where
 * the backend has it, else as conv(a) + conv(b). `filter` is [fH, fW, a's + b's channels, out], in 3-D with fD before.
 */
export function convolutionOfPair<T extends Image>(tf: Tf, a: T, b: T, filter: Tensor): T {
  if (!tf.getKernel(CONV_PAIR, tf.getBackend())) {
    const [ofA, ofB] = tf.split(filter, [channelsOf(a), channelsOf(b)], filter.rank - 2) as [Tensor, Tensor];
    return tf.add(convolution(tf, a, ofA), convolution(tf, b, ofB));
  }
  const op = tf.customGrad((...args) => {
    const [x, y, f, save] = args as unknown as [Tensor, Tensor, Tensor, (tensors: Tensor[]) => void];
    save([x, y, f]);
    const gradFunc = (dy: Tensor, [x_, y_, f_]: Tensor[]) =>
      tf.engine().runKernel(CONV_PAIR_GRAD, { a: x_!, b: y_!, filter: f_!, dy }) as Tensor[];
    return { value: tf.engine().runKernel(CONV_PAIR, { a: x, b: y, filter: f }) as Tensor, gradFunc };
  });
  return op(a, b, filter) as T;
}

function channelsOf(x: Image): number {
  return x.shape[x.shape.length - 1]!;
}

/** The axes of D, H and W. */
function pixelAxes(x: Image): number[] {
  return x.rank === 5 ? [1, 2, 3] : [1, 2];
}

/** Mean and biased variance per sample and channel, or per channel over the batch, with dimensions of 1 where they were taken. */
export function moments(tf: Tf, x: Image, over: "instance" | "batch"): { mean: Tensor; variance: Tensor } {
  const axes = over === "instance" ? pixelAxes(x) : [0, ...pixelAxes(x)];
  const mean = tf.mean(x, axes, true);
  const variance = tf.mean(tf.square(tf.sub(x, mean)), axes, true);
  return { mean, variance };
}

/** Normalises with given statistics, then scale, shift and leaky ReLU: batch norm at inference. All [C]. */
export function fixedNormLeaky<T extends Image>(
  tf: Tf,
  x: T,
  mean: Tensor,
  variance: Tensor,
  gamma: Tensor,
  beta: Tensor,
): T {
  const factor = tf.mul(gamma, tf.rsqrt(tf.add(variance, EPSILON)));
  const shift = tf.sub(beta, tf.mul(mean, factor));
  return tf.leakyRelu(tf.add(tf.mul(x, factor), shift), LEAK) as T;
}

/**
 * leaky(gamma · (x - mean) / sqrt(variance + 1e-5) + beta); gamma and beta are [C]. `instance`: mean and biased
 * variance per sample and channel (Ulyanov et al. 2016); `batch`: per channel (Ioffe and Szegedy 2015, the training half).
 * One kernel where the backend has it, else composed of ops.
 */
export function normLeaky<T extends Image>(
  tf: Tf,
  x: T,
  gamma: Tensor,
  beta: Tensor,
  over: "instance" | "batch",
  slope = LEAK,
): T {
  if (!tf.getKernel(NORM_LEAKY, tf.getBackend())) {
    const { mean, variance } = moments(tf, x, over);
    const normal = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, EPSILON)));
    return tf.leakyRelu(tf.add(tf.mul(normal, gamma), beta), slope) as T;
  }
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
  return op(x, gamma, beta) as T;
}

/** Instance norm with scale and shift alone. */
export function normLinear<T extends Image>(tf: Tf, x: T, gamma: Tensor, beta: Tensor): T {
  return normLeaky(tf, x, gamma, beta, "instance", 1);
}

function run(tf: Tf, kernel: string, inputs: Record<string, Tensor>, attrs: NormLeakyAttributes): Tensor[] {
  return tf.engine().runKernel(kernel, inputs, attrs) as Tensor[];
}

/** Bias and leaky ReLU, for networks without norm. */
export function biasLeaky<T extends Image>(tf: Tf, x: T, bias: Tensor): T {
  return tf.leakyRelu(tf.add(x, bias), LEAK) as T;
}

/** 2×2 or 2×2×2 max pooling, stride 2. */
export function halve<T extends Image>(tf: Tf, x: T): T {
  if (x.rank === 5) return tf.maxPool3d(x as Tensor5D, 2, 2, "valid") as T;
  return tf.maxPool(x as Tensor4D, 2, 2, "valid") as T;
}

/** Doubles D, H and W by repeating pixels: in one kernel where the backend has it, else by broadcast products. */
export function doubleNearest<T extends Image>(tf: Tf, x: T): T {
  if (tf.getKernel(DOUBLE_NEAREST, tf.getBackend())) {
    const run = (kernel: string, of: Record<string, Tensor>) => tf.engine().runKernel(kernel, of) as Tensor;
    const fast = tf.customGrad((input) => ({
      value: run(DOUBLE_NEAREST, { x: input as Tensor }),
      gradFunc: (dy: Tensor) => run(DOUBLE_NEAREST_GRAD, { dy }),
    }));
    return fast(x) as T;
  }
  const op = tf.customGrad((input) => {
    const shape = [...x.shape] as number[];
    let value = input as Tensor;
    for (const axis of pixelAxes(x)) {
      const before = shape.slice(0, axis + 1).reduce((a, b) => a * b, 1);
      const after = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
      value = tf.mul(tf.reshape(value, [before, 1, after]), tf.ones([1, 2, 1]));
      shape[axis] = 2 * shape[axis]!;
    }
    // Each source pixel was read four or eight times.
    const gradFunc = (dy: Tensor) =>
      x.rank === 5
        ? tf.mul(tf.avgPool3d(dy as Tensor5D, 2, 2, "valid"), 8)
        : tf.mul(tf.avgPool(dy as Tensor4D, 2, 2, "valid"), 4);
    return { value: tf.reshape(value, shape), gradFunc };
  });
  return op(x) as T;
}

/**
 * Doubles H and W bilinearly with half-pixel centres (PyTorch's align_corners=False). The gradient is our own: tfjs
 * 4.22's `ResizeBilinearGrad` ignores half-pixel centres, and on cpu it swaps H and W.
 */
export function doubleBilinear(tf: Tf, x: Tensor4D): Tensor4D {
  const [, h, w, c] = x.shape;
  const op = tf.customGrad((input) => {
    const value = tf.image.resizeBilinear(input as Tensor4D, [2 * h, 2 * w], false, true);
    // y[2i] = ¼x[i-1] + ¾x[i] and y[2i+1] = ¾x[i] + ¼x[i+1], so x[i] gathers from four values a side. At the rim the
    // border was repeated: there dy counts as if mirrored.
    const gradFunc = (dy: Tensor4D) => {
      const tap = tf.tensor1d([0.25, 0.75, 0.75, 0.25]);
      const taps = tf.mul(tf.reshape(tap, [4, 1, 1, 1]), tf.reshape(tap, [1, 4, 1, 1]));
      const filter = tf.mul(taps, tf.ones([1, 1, c, 1])) as Tensor4D; // [4, 4, C, 1]
      const rim: [number, number] = [1, 1];
      return tf.depthwiseConv2d(
        tf.mirrorPad(dy, [[0, 0], rim, rim, [0, 0]], "symmetric"),
        filter,
        2,
        "valid",
      );
    };
    return { value, gradFunc };
  });
  return op(x) as Tensor4D;
}

/** Doubles D, H and W by a transposed convolution of 2 a side, stride 2. `filter` is [2, 2, out, in] or [2, 2, 2, out, in], as tf has it. */
export function doubleTransposed<T extends Image>(tf: Tf, x: T, filter: Tensor): T {
  const out = filter.shape[filter.rank - 2]!;
  const [n, ...size] = x.shape.slice(0, -1) as [number, ...number[]];
  const shape = [n, ...size.map((s) => 2 * s), out];
  if (x.rank === 4)
    return tf.conv2dTranspose(x as Tensor4D, filter as Tensor4D, shape as Shape4, 2, "valid") as T;
  // tfjs-core 4.22 has no gradient of conv3dTranspose. It is that of the convolution that it transposes, turned round.
  const op = tf.customGrad((...args) => {
    const [input, weight, save] = args as unknown as [Tensor5D, Tensor5D, (tensors: Tensor[]) => void];
    save([input, weight]);
    const gradFunc = (dy: Tensor, saved: Tensor[]) => {
      const [x_, filter_] = saved as [Tensor5D, Tensor5D];
      const attrs = { strides: [2, 2, 2], pad: "valid", filterShape: filter_.shape };
      return [
        tf.conv3d(dy as Tensor5D, filter_, 2, "valid"),
        tf.engine().runKernel("Conv3DBackpropFilterV2", { x: dy, dy: x_ }, attrs) as Tensor,
      ];
    };
    return { value: tf.conv3dTranspose(input, weight, shape as Shape5, 2, "valid"), gradFunc };
  });
  return op(x, filter) as T;
}

type Shape4 = [number, number, number, number];
type Shape5 = [number, number, number, number, number];
