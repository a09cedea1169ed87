/** Layers as functions of tensors, NHWC. Written for few passes over memory and for ops that every backend does right. */
import type { Tensor4D } from "@tensorflow/tfjs-core";
import type { Tf } from "../backends/index.ts";

/** Added to the variance, as in PyTorch's InstanceNorm2d and BatchNorm2d. */
const EPSILON = 1e-5;

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

/**
 * (x - mean) / sqrt(variance + 1e-5) over `axes`: [1, 2] is instance norm (Ulyanov et al. 2016), [0, 1, 2] is the
 * training half of batch norm (Ioffe and Szegedy 2015). With its own gradient,
 * dx = (dy - mean(dy) - x̂ · mean(dy · x̂)) / sd, a third of the passes of the automatic one.
 */
export function standardise(tf: Tf, x: Tensor4D, axes: number[]): Tensor4D {
  const op = tf.customGrad((input, save) => {
    const centred = tf.sub(input as Tensor4D, tf.mean(input as Tensor4D, axes, true));
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), axes, true), EPSILON)) as Tensor4D;
    const normal = tf.mul(centred, inverse) as Tensor4D;
    (save as (tensors: Tensor4D[]) => void)([normal, inverse]);
    return {
      value: normal,
      gradFunc: (dy: Tensor4D, saved) => {
        const [xHat, inv] = saved as [Tensor4D, Tensor4D];
        const meanDy = tf.mean(dy, axes, true);
        const meanDyX = tf.mean(tf.mul(dy, xHat), axes, true);
        return tf.mul(tf.sub(tf.sub(dy, meanDy), tf.mul(xHat, meanDyX)), inv);
      },
    };
  });
  return op(x) as Tensor4D;
}

/** x · gamma + beta per channel; both are [C]. */
export function scaleShift(tf: Tf, x: Tensor4D, gamma: TensorLike1, beta: TensorLike1): Tensor4D {
  return tf.add(tf.mul(x, gamma), beta) as Tensor4D;
}
type TensorLike1 = Parameters<Tf["mul"]>[0];

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

/** Doubles H and W bilinearly with half-pixel centres (PyTorch's align_corners=False). */
export function doubleBilinear(tf: Tf, x: Tensor4D): Tensor4D {
  const [, h, w] = x.shape;
  return tf.image.resizeBilinear(x, [2 * h, 2 * w], false, true);
}

/** Doubles H and W by a 2×2 transposed convolution, stride 2. `filter` is [2, 2, out, in], as tf has it. */
export function doubleTransposed(tf: Tf, x: Tensor4D, filter: Tensor4D): Tensor4D {
  const [n, h, w] = x.shape;
  return tf.conv2dTranspose(x, filter, [n, 2 * h, 2 * w, filter.shape[2]], 2, "valid");
}
