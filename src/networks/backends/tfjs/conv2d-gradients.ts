/**
 * The gradients of a 2-D convolution (NHWC, HWIO), composed of convolutions. The wasm backend of tfjs 4.22 has no
 * gradient for the filter and a naive loop for the input; composed, both run at the speed of its XNNPACK convolution.
 */
import type { Tensor4D } from "@tensorflow/tfjs-core";
import type { Tf } from "../backend.ts";
import { asTensor, composeKernel, type KernelArguments, replaceKernel } from "./register.ts";

type Pad = Parameters<Tf["conv2d"]>[3];
type Shape4 = [number, number, number, number];
type Pair = readonly [number, number];

interface ConvAttributes {
  readonly strides: number | [number, number];
  readonly pad: Pad;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
  readonly dataFormat: "NHWC" | "NCHW";
}

/** Adds `Conv2DBackpropFilter` and replaces `Conv2DBackpropInput` on the named backend. */
export function registerConv2dGradients(tf: Tf, backendName: string): void {
  replaceKernel(tf, backendName, "Conv2DBackpropFilter", (args) => filterGradient(tf, args));
  replaceKernel(tf, backendName, "Conv2DBackpropInput", (args) => inputGradient(tf, args));
}

/**
 * dW[r, s, c, k] = Σ over n, y, x of X[n, y·stride + r - top, x·stride + s - left, c] · dY[n, y, x, k]: a convolution of
 * X as [C, H, W, N] with dY as a [H', W', N, K] filter whose taps lie `stride` apart.
 */
function filterGradient(tf: Tf, { inputs, backend, attrs }: KernelArguments) {
  const { strides, pad, dimRoundingMode, filterShape } = attrs as unknown as ConvAttributes & {
    filterShape: Shape4;
  };
  return composeKernel(tf, backend, () => {
    const x = asTensor<Tensor4D>(tf, backend, inputs.x!);
    const dy = asTensor<Tensor4D>(tf, backend, inputs.dy!);
    const info = computeInfo(tf, x.shape, filterShape, strides, pad, dimRoundingMode);
    const stride: Pair = [info.strideHeight, info.strideWidth];
    // The input rows that the filter's fH shifts reach: from -top, (H' - 1)·stride + fH of them.
    const rows = (info.outHeight - 1) * stride[0] + info.filterHeight;
    const columns = (info.outWidth - 1) * stride[1] + info.filterWidth;
    const seen = padOrCrop(
      tf,
      x,
      [info.padInfo.top, rows - info.inHeight - info.padInfo.top],
      [info.padInfo.left, columns - info.inWidth - info.padInfo.left],
    );
    const xT = tf.transpose(seen, [3, 1, 2, 0]); // [C, rows, columns, N]
    const dyT = tf.transpose(dy, [1, 2, 0, 3]) as Tensor4D; // [H', W', N, K]
    const dw = tf.conv2d(xT as Tensor4D, dyT, 1, "valid", "NHWC", [stride[0], stride[1]]); // [C, fH, fW, K]
    return tf.transpose(dw, [1, 2, 0, 3]);
  });
}

/**
 * dX: dY with stride - 1 zeros between its values, convolved with the filter rotated by 180° and its channel axes
 * swapped. Also the forward pass of a transposed convolution.
 */
function inputGradient(tf: Tf, { inputs, backend, attrs }: KernelArguments) {
  const { strides, pad, dimRoundingMode, inputShape } = attrs as unknown as ConvAttributes & {
    inputShape: Shape4;
  };
  return composeKernel(tf, backend, () => {
    const dy = asTensor<Tensor4D>(tf, backend, inputs.dy!);
    const filter = asTensor<Tensor4D>(tf, backend, inputs.filter!);
    const info = computeInfo(tf, inputShape, filter.shape, strides, pad, dimRoundingMode);
    const spread = insertZeros(tf, dy, info.strideHeight, info.strideWidth);
    const top = info.filterHeight - 1 - info.padInfo.top;
    const left = info.filterWidth - 1 - info.padInfo.left;
    const bottom = info.inHeight + info.filterHeight - 1 - spread.shape[1] - top;
    const right = info.inWidth + info.filterWidth - 1 - spread.shape[2] - left;
    const swapped = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]) as Tensor4D; // [fH, fW, K, C]
    if (Math.min(top, bottom, left, right) < 0)
      return tf.conv2d(padOrCrop(tf, spread, [top, bottom], [left, right]), swapped, 1, "valid");
    return tf.conv2d(spread, swapped, 1, [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ]);
  });
}

/** [N, H, W, C] -> [N, (H-1)·s+1, (W-1)·t+1, C] with zeros between the values. */
function insertZeros(tf: Tf, x: Tensor4D, s: number, t: number): Tensor4D {
  if (s === 1 && t === 1) return x;
  const [n, h, w, c] = x.shape;
  const apart = tf.pad(tf.reshape(x, [n, h, 1, w, c]), [
    [0, 0],
    [0, 0],
    [0, s - 1],
    [0, 0],
    [0, 0],
  ]);
  const wide = tf.pad(tf.reshape(apart, [n, h * s, w, 1, c]), [
    [0, 0],
    [0, 0],
    [0, 0],
    [0, t - 1],
    [0, 0],
  ]);
  const full = tf.reshape(wide, [n, h * s, w * t, c]) as Tensor4D;
  return padOrCrop(tf, full, [0, 1 - s], [0, 1 - t]);
}

/** Pads rows and columns by the given counts before and after; negative counts crop. */
function padOrCrop(tf: Tf, x: Tensor4D, rows: Pair, columns: Pair): Tensor4D {
  const cropped = tf.slice(
    x,
    [0, Math.max(0, -rows[0]), Math.max(0, -columns[0]), 0],
    [
      x.shape[0],
      x.shape[1] + Math.min(0, rows[0]) + Math.min(0, rows[1]),
      x.shape[2] + Math.min(0, columns[0]) + Math.min(0, columns[1]),
      x.shape[3],
    ],
  );
  const positive = (pair: Pair): [number, number] => [Math.max(0, pair[0]), Math.max(0, pair[1])];
  return tf.pad(cropped, [[0, 0], positive(rows), positive(columns), [0, 0]]);
}

function computeInfo(
  tf: Tf,
  inShape: Shape4,
  filterShape: Shape4,
  strides: ConvAttributes["strides"],
  pad: Pad,
  rounding: ConvAttributes["dimRoundingMode"],
) {
  return tf.backend_util.computeConv2DInfo(
    inShape,
    filterShape,
    strides,
    1,
    pad,
    rounding,
    false,
    "channelsLast",
  );
}
