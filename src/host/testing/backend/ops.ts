import type { TensorSession, Tensors } from "../../../networks/backends/index.ts";
import type { Loss, OpenLoss } from "../../../networks/learning/index.ts";
import { losses } from "../../../networks/learning/index.ts";
import type { Scalar, Tensor, Tensor4D, Tensor5D } from "../../../networks/models/index.ts";
import { REFERENCES } from "./references.ts";

/** Numbers of the reference, row-major. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** One op with what its reference says of it in float64. */
export interface OpCase {
  readonly name: string;
  readonly op: string;
  readonly options: {
    readonly stride?: number;
    readonly pad?: "same" | "valid";
    readonly over?: "instance" | "batch";
    readonly slope?: number;
  };
  /** Those that begin with "_" have no gradient. */
  readonly inputs: Readonly<Record<string, Numbers>>;
  readonly dy: Numbers;
  readonly value: Numbers;
  /** Of sum(value · dy). Empty where only the value is checked. */
  readonly gradients: Readonly<Record<string, Numbers>>;
}

/** The cases that PyTorch computed. */
export function opCases(): readonly OpCase[] {
  return REFERENCES.map((text) => JSON.parse(text) as OpCase);
}

/** Computes the case's op of its inputs. */
export function compute(
  tensors: Tensors,
  { op, options }: OpCase,
  inputs: Readonly<Record<string, Tensor>>,
): Tensor {
  return OPS[op]!(tensors, inputs, options);
}

type Op = (tensors: Tensors, inputs: Readonly<Record<string, Tensor>>, options: OpCase["options"]) => Tensor;

const four = (x: Tensor | undefined) => x as Tensor4D;
const five = (x: Tensor | undefined) => x as Tensor5D;
const unary =
  (
    name: "abs" | "square" | "sigmoid" | "tanh" | "relu" | "softplus" | "exp" | "sqrt" | "rsqrt" | "log",
  ): Op =>
  ({ tf }, { x }) =>
    tf[name](x!);
const binary =
  (name: "add" | "sub" | "mul" | "div" | "squaredDifference"): Op =>
  ({ tf }, { x, y }) =>
    tf[name](x!, y!);

/** Each op of the references as tf calls it, and the layers of this library's networks as they do. */
const OPS: Readonly<Record<string, Op>> = {
  conv2d: ({ tf }, { x, filter }, { stride = 1, pad = "same" }) =>
    tf.conv2d(four(x), four(filter), stride, pad),
  conv3d: ({ tf }, { x, filter }, { stride = 1, pad = "same" }) =>
    tf.conv3d(five(x), five(filter), stride, pad),
  conv2dTranspose({ tf }, { x, filter }) {
    const [n, h, w] = four(x).shape;
    return tf.conv2dTranspose(four(x), four(filter), [n, 2 * h, 2 * w, four(filter).shape[2]], 2, "valid");
  },
  maxPool: ({ tf }, { x }) => tf.maxPool(four(x), 2, 2, "valid"),
  maxPool3d: ({ tf }, { x }) => tf.maxPool3d(five(x), 2, 2, "valid"),
  avgPool3d: ({ tf }, { x }) => tf.avgPool3d(five(x), 2, 2, "valid"),
  avgPool: ({ tf }, { x }) => tf.avgPool(four(x), 2, 2, "valid"),
  add: binary("add"),
  sub: binary("sub"),
  mul: binary("mul"),
  div: binary("div"),
  squaredDifference: binary("squaredDifference"),
  abs: unary("abs"),
  square: unary("square"),
  sigmoid: unary("sigmoid"),
  tanh: unary("tanh"),
  relu: unary("relu"),
  softplus: unary("softplus"),
  exp: unary("exp"),
  sqrt: unary("sqrt"),
  rsqrt: unary("rsqrt"),
  log: unary("log"),
  neg: ({ tf }, { x }) => tf.neg(x!),
  maximum: ({ tf }, { x, y }) => tf.maximum(x!, y!),
  greater: ({ tf }, { _x }) => tf.cast(tf.greater(_x!, 0), "float32"),
  reverse: ({ tf }, { x }) => tf.reverse(x!, [1, 2]),
  pad: ({ tf }, { x }) => tf.pad(x!, PADS),
  leakyRelu: ({ tf }, { x }) => tf.leakyRelu(x!, 0.01),
  clipByValue: ({ tf }, { x }) => tf.clipByValue(x!, -0.5, 0.7),
  meanHW: ({ tf }, { x }) => tf.mean(x!, [1, 2], true),
  meanDHW: ({ tf }, { x }) => tf.mean(x!, [1, 2, 3], true),
  mean: ({ tf }, { x }) => tf.mean(x!),
  sum: ({ tf }, { x }) => tf.sum(x!),
  sumC: ({ tf }, { x }) => tf.sum(x!, 3),
  norm({ tf }, { x, gamma, beta }) {
    const centred = tf.sub(x!, tf.mean(x!, [1, 2], true));
    const variance = tf.mean(tf.square(centred), [1, 2], true);
    return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, 1e-5))), gamma!), beta!);
  },
  concat: ({ tf }, { x, y }) => tf.concat([x!, y!], 3),
  slice: ({ tf }, { x }) => tf.slice(four(x), [0, 1, 0, 1], [-1, 2, -1, 2]),
  split: ({ tf }, { x }) => tf.split(x!, 2, 3)[1]!,
  reshape: ({ tf }, { x }) => tf.reshape(x!, [6, 8]),
  transpose: ({ tf }, { x }) => tf.transpose(x!, [0, 3, 1, 2]),
  matMul: ({ tf }, { x, y }) => tf.matMul(x!, y!),
  mirrorPad: ({ tf }, { _x }) =>
    tf.mirrorPad(
      four(_x),
      [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ],
      "symmetric",
    ),
  resizeBilinear({ tf }, { _x }) {
    const [, h, w] = four(_x).shape;
    return tf.image.resizeBilinear(four(_x), [2 * h, 2 * w], false, true);
  },
  resizeNearestNeighbor({ tf }, { x }) {
    const [, h, w] = four(x).shape;
    return tf.image.resizeNearestNeighbor(four(x), [2 * h, 2 * w]);
  },
  l2: (tensors, { x, y, _mask }) => lossOf(losses.l2(), tensors, x!, y!, _mask!),
  convolution: ({ layers }, { x, filter }) => layers.training.convolution(x!, filter!),
  convolutionOfPair: ({ layers }, { x, y, filter }) => layers.training.convolutionOfPair(x!, y!, filter!),
  normLeaky: ({ layers }, { x, gamma, beta }, options) =>
    layers.training.normLeaky(x!, gamma!, beta!, options),
  fixedNormLeaky: ({ layers }, { x, mean, variance, gamma, beta }) =>
    layers.inference.batchNormLeaky(x!, { gamma: gamma!, beta: beta!, mean: mean!, variance: variance! }),
  biasLeaky: ({ layers }, { x, beta }) => layers.training.leaky(layers.training.add(x!, beta!)),
  halve: ({ layers }, { x }) => layers.training.halve(x!),
  doubleNearest: ({ layers }, { x }) => layers.training.doubleNearest(x!),
  doubleBilinear: ({ layers }, { x }) => layers.training.doubleBilinear(x!),
  doubleTransposed({ tf, layers }, { x, filter }) {
    const none = tf.zeros([filter!.shape[filter!.rank - 2]!]);
    return layers.training.doubleTransposed(x!, filter!, none);
  },
  softmax: ({ layers }, { x }) => layers.training.activate(x!, "softmax"),
  crossEntropy: (tensors, inputs) => lossOfClasses(losses.crossEntropy(), tensors, inputs),
  dice: (tensors, inputs) => lossOfClasses(losses.dice(), tensors, inputs),
  waves: ({ layers }, { _x }) => layers.training.waves(_x!, 8),
  l1: (tensors, { x, y, _mask }) => lossOf(losses.l1(), tensors, x!, y!, _mask!),
};

/** Of softmax of x and the classes 0 and 1 that the sign of _y names. */
function lossOfClasses(
  loss: Loss,
  tensors: Tensors,
  { x, _y, _mask }: Readonly<Record<string, Tensor>>,
): Scalar {
  const { tf, layers } = tensors;
  const classes = tf.cast(tf.greater(_y!, 0), "float32");
  return lossOf(loss, tensors, layers.training.activate(x!, "softmax"), classes, _mask!);
}

/** Of pixels whose mask is above 0. */
function lossOf(loss: Loss, tensors: Tensors, values: Tensor, target: Tensor, mask: Tensor): Scalar {
  const open = loss.open({ tensors } as TensorSession) as OpenLoss; // one without networks of its own
  const { tf } = tensors;
  const weight = tf.cast(tf.greater(mask, 0), "float32");
  return open.value({ ct: values }, { ct: { values: target, weight } });
}

/** As in make_references.py. */
const PADS: [number, number][] = [
  [0, 0],
  [1, 1],
  [0, 2],
  [1, 0],
  [0, 0],
];
