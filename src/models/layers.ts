/** Layers as functions of tensors, NHWC. Written for few passes over memory and for ops that every backend does right. */
import type { Tensor, Tensor4D } from "@tensorflow/tfjs-core";
import { NORM_LEAKY, NORM_LEAKY_GRAD, type NormLeakyAttributes, type Tf } from "../backends/index.ts";

/** Added to the variance, as in PyTorch's InstanceNorm2d and BatchNorm2d. */
export const EPSILON = 1e-5;
/** Slope of the leaky ReLU for negative values; PyTorch's and nnU-Net's 0.01. */
export const LEAK = 0.01;

/** 3×3 (or any) convolution with `same` padding, stride 1. `filter` is [fH, fW, in, out]. */
export function convolution(tf: Tf, x: Tensor4D, filter: Tensor4D): Tensor4D {
  return tf.conv2d(x, filter, 1, "same");
}

/**
 * conv(concat([a, b])) as conv(a) + conv(b): the same numbers without making or splitting the concatenation, which
 * costs more than the convolution on wasm. `filter` is [fH, fW, a's + b's channels, out].
 */
export function convolutionOfPair(tf: Tf, a: Tensor4D, b: Tensor4D, filter: Tensor4D): Tensor4D {
  const [fh, fw, , out] = filter.shape;
  const [ca, cb] = [a.shape[3], b.shape[3]];
  const filterA = tf.slice(filter, [0, 0, 0, 0], [fh, fw, ca, out]);
  const filterB = tf.slice(filter, [0, 0, ca, 0], [fh, fw, cb, out]);
  return tf.add(tf.conv2d(a, filterA, 1, "same"), tf.conv2d(b, filterB, 1, "same"));
}

/** Mean and biased variance over `axes`, kept as dimensions of 1. */
export function moments(tf: Tf, x: Tensor4D, axes: number[]): { mean: Tensor4D; variance: Tensor4D } {
  const mean = tf.mean(x, axes, true) as Tensor4D;
  const variance = tf.mean(tf.square(tf.sub(x, mean)), axes, true) as Tensor4D;
  return { mean, variance };
}

/** Normalises with given statistics, then scale, shift and leaky ReLU: batch norm at inference. All [C]. */
export function fixedNormLeaky(
  tf: Tf,
  x: Tensor4D,
  mean: Tensor,
  variance: Tensor,
  gamma: Tensor,
  beta: Tensor,
): Tensor4D {
  const factor = tf.mul(gamma, tf.rsqrt(tf.add(variance, EPSILON)));
  const shift = tf.sub(beta, tf.mul(mean, factor));
  return tf.leakyRelu(tf.add(tf.mul(x, factor), shift), LEAK) as Tensor4D;
}

/**
 * leaky(gamma · (x - mean) / sqrt(variance + 1e-5) + beta); gamma and beta are [C]. `instance`: mean and biased
 * variance per sample and channel (Ulyanov et al. 2016); `batch`: per channel (Ioffe and Szegedy 2015, the training half).
 * One kernel where the backend has it, else composed of ops.
 */
export function normLeaky(
  tf: Tf,
  x: Tensor4D,
  gamma: Tensor,
  beta: Tensor,
  over: "instance" | "batch",
  slope = LEAK,
): Tensor4D {
  if (!tf.getKernel(NORM_LEAKY, tf.getBackend())) {
    const { mean, variance } = moments(tf, x, over === "instance" ? [1, 2] : [0, 1, 2]);
    const normal = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, EPSILON)));
    return tf.leakyRelu(tf.add(tf.mul(normal, gamma), beta), slope) as Tensor4D;
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
  return op(x, gamma, beta) as Tensor4D;
}

/** Instance norm with scale and shift alone. */
export function normLinear(tf: Tf, x: Tensor4D, gamma: Tensor, beta: Tensor): Tensor4D {
  return normLeaky(tf, x, gamma, beta, "instance", 1);
}

function run(tf: Tf, kernel: string, inputs: Record<string, Tensor>, attrs: NormLeakyAttributes): Tensor[] {
  return tf.engine().runKernel(kernel, inputs, attrs) as Tensor[];
}

/** Bias and leaky ReLU, for networks without norm. */
export function biasLeaky(tf: Tf, x: Tensor4D, bias: Tensor): Tensor4D {
  return tf.leakyRelu(tf.add(x, bias), LEAK) as Tensor4D;
}

/** 2×2 max pooling, stride 2. */
export function halve(tf: Tf, x: Tensor4D): Tensor4D {
  return tf.maxPool(x, 2, 2, "valid");
}

/** Doubles H and W by repeating pixels: a broadcast product, which on wasm is several times faster than its resize op. */
export function doubleNearest(tf: Tf, x: Tensor4D): Tensor4D {
  const [n, h, w, c] = x.shape;
  const op = tf.customGrad((input) => {
    const value = tf.reshape(
      tf.mul(tf.reshape(input as Tensor4D, [n, h, 1, w, c]), tf.ones([1, 1, 2, 1, 1])),
      [n * 2 * h, w, 1, c],
    );
    const wide = tf.reshape(tf.mul(value, tf.ones([1, 1, 2, 1])), [n, 2 * h, 2 * w, c]) as Tensor4D;
    // Each source pixel was read four times.
    const gradFunc = (dy: Tensor4D) => tf.mul(tf.avgPool(dy, 2, 2, "valid"), 4) as Tensor4D;
    return { value: wide, gradFunc };
  });
  return op(x) as Tensor4D;
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

/** Doubles H and W by a 2×2 transposed convolution, stride 2. `filter` is [2, 2, out, in], as tf has it. */
export function doubleTransposed(tf: Tf, x: Tensor4D, filter: Tensor4D): Tensor4D {
  const [n, h, w] = x.shape;
  return tf.conv2dTranspose(x, filter, [n, 2 * h, 2 * w, filter.shape[2]], 2, "valid");
}
