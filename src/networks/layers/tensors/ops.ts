/**
 * Layers as functions of tensors, NHWC or NDHWC alike: what a tensor's rank says is done in 2-D or in 3-D. Written for few passes over
 * memory and for ops that every backend does right.
 */
import type * as TfCore from "@tensorflow/tfjs-core";
import type { Tensor, Tensor4D, Tensor5D } from "@tensorflow/tfjs-core";
import { EPSILON, LEAK } from "../layers.ts";

/** The tensor engine: the whole of `@tensorflow/tfjs-core`. */
export type Tf = typeof TfCore;

/** Samples with channels last: [N, H, W, C] or [N, D, H, W, C]. */
export type Image = Tensor4D | Tensor5D;

/** Convolution with `same` padding. `filter` is [fH, fW, in, out], or [fD, fH, fW, in, out] for [N, D, H, W, C]. */
export function convolution<T extends Image>(tf: Tf, x: T, filter: Tensor, stride: 1 | 2 = 1): T {
  // tfjs 4.22 pads by -1 in 3-D where a filter is shorter than the stride; without padding the size is the same.
  const pad = filter.shape[0] === 1 && stride === 2 ? "valid" : "same";
  if (x.rank === 5) return tf.conv3d(x as Tensor5D, filter as Tensor5D, stride, pad) as T;
  return tf.conv2d(x as Tensor4D, filter as Tensor4D, stride, "same") as T;
}

/** conv(concat([a, b])) as conv(a) + conv(b). `filter` is [fH, fW, a's + b's channels, out], in 3-D with fD before. */
export function convolutionOfPair<T extends Image>(tf: Tf, a: T, b: T, filter: Tensor): T {
  const [ofA, ofB] = tf.split(filter, [channelsOf(a), channelsOf(b)], filter.rank - 2) as [Tensor, Tensor];
  return tf.add(convolution(tf, a, ofA), convolution(tf, b, ofB));
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
 */
export function normLeaky<T extends Image>(
  tf: Tf,
  x: T,
  gamma: Tensor,
  beta: Tensor,
  over: "instance" | "batch",
  slope = LEAK,
): T {
  const { mean, variance } = moments(tf, x, over);
  const normal = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, EPSILON)));
  return tf.leakyRelu(tf.add(tf.mul(normal, gamma), beta), slope) as T;
}

/** 2×2 or 2×2×2 max pooling, stride 2. */
export function halve<T extends Image>(tf: Tf, x: T): T {
  if (x.rank === 5) return tf.maxPool3d(x as Tensor5D, 2, 2, "valid") as T;
  return tf.maxPool(x as Tensor4D, 2, 2, "valid") as T;
}

/** Doubles D, H and W by repeating pixels: in one kernel where the backend has it, else by broadcast products. */
export function doubleNearest<T extends Image>(tf: Tf, x: T): T {
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

/**
 * Doubles each side by a transposed convolution of 2 a side, stride 2. `filter` is [2, 2, out, in] or [2, 2, 2, out, in], as tf has it. Windows do not overlap, so it is
 * a product of matrices for each row of a window, and the rows put in between each other: tfjs 4.22's conv3dTranspose has no gradient, and is slow.
 *
 * @param scope frees what `work` makes besides its result, where no gradients are to come
 */
export function doubleTransposed<T extends Image>(
  tf: Tf,
  x: T,
  filter: Tensor,
  scope: (work: () => Tensor) => Tensor,
): T {
  const [out, channels] = filter.shape.slice(-2) as [number, number];
  const [n, ...size] = x.shape.slice(0, -1) as [number, ...number[]];
  const [height, width] = size.slice(-2) as [number, number];
  const depth = x.rank === 5 ? size[0]! : 1;
  const ones: number[] = Array(size.length).fill(1);
  /** [window rows, in, 2 · out] */
  const rows = tf.transpose(tf.reshape(filter, [-1, 2 * out, channels]), [0, 2, 1]);
  const row = (at: number) => {
    const one = tf.reshape(tf.slice(rows, at, 1), [...ones, channels, 2 * out]);
    return tf.reshape(convolution(tf, x, one), [n * depth, height, 1, 2 * width * out]);
  };
  const planes = (x.rank === 5 ? [0, 2] : [0]).map((at) =>
    scope(() => tf.reshape(tf.concat([row(at), row(at + 1)], 2), [n * depth, 1, 4 * height * width * out])),
  );
  const shape = [n, ...size.map((s) => 2 * s), out] as unknown as T["shape"];
  return tf.reshape(tf.concat(planes, 1), shape) as T;
}
