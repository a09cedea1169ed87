import type { Tensor } from "@tensorflow/tfjs-core";
import type { Tf } from "../backends/index.ts";

/** A linear map of the values along one axis: row i of `data` says what becomes of value i, `rows` long before and `columns` long after. */
export interface AxisMap {
  readonly data: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/**
 * Applies one map to each spatial axis of images [N, (D,) H, W, C], as separable filters do. By products of matrices, with a gradient of its own: these
 * are right and fast on every backend, while gradients of depthwise convolutions and of pooling are absent on some and wrong on others.
 *
 * @param mapOf the map of an axis, by its length and number (1 is the first spatial one)
 */
export function alongAxes(tf: Tf, x: Tensor, mapOf: (length: number, axis: number) => AxisMap): Tensor {
  const maps = x.shape.slice(1, -1).map((length, n) => mapOf(length, n + 1));
  const forward = tf.customGrad((...given: unknown[]) => ({
    value: applied(tf, given[0] as Tensor, maps),
    gradFunc: (dy: Tensor) => applied(tf, dy, maps.map(transposed)),
  }));
  return forward(x);
}

/** The last axis is mapped and becomes the first of the spatial ones, until each has been the last. */
function applied(tf: Tf, x: Tensor, maps: readonly AxisMap[]): Tensor {
  const [n, channels] = [x.shape[0]!, x.shape[x.rank - 1]!];
  const space = x.shape.slice(1, -1);
  const dims = space.length;
  const channelsFirst = channels === 1 ? x : tf.transpose(x, [0, dims + 1, ...upTo(dims)]);
  let shape = [n * channels, ...space];
  let y = tf.reshape(channelsFirst, shape);
  for (const { data, rows, columns } of [...maps].reverse()) {
    const products = tf.matMul(tf.reshape(y, [-1, rows]), tf.tensor2d(data, [rows, columns]));
    y = tf.transpose(tf.reshape(products, [...shape.slice(0, -1), columns]), [0, dims, ...upTo(dims - 1)]);
    shape = y.shape;
  }
  const whole = tf.reshape(y, channels === 1 ? [...shape, 1] : [n, channels, ...shape.slice(1)]);
  return channels === 1 ? whole : tf.transpose(whole, [0, ...upTo(dims).map((axis) => axis + 1), 1]);
}

/** 1, 2, ..., count. */
function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n + 1);
}

function transposed({ data, rows, columns }: AxisMap): AxisMap {
  return {
    data: data.map((_, n) => data[(n % rows) * columns + Math.floor(n / rows)]!),
    rows: columns,
    columns: rows,
  };
}
