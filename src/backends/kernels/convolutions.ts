/** Puts the fast convolutions in front of tfjs's: what suits them goes to them, all else to the kernel that was there. */
import type { Tensor4D } from "@tensorflow/tfjs-core";
import type { Tf } from "../backend.ts";
import { type HeapBackend, poolOf } from "../wasm/of-backend.ts";
import { type KernelArguments, overrideKernel } from "./register.ts";
import { type ConvShape, suitsWinograd, winograd, winogradFilterGradient } from "./winograd.ts";

type Pad = Parameters<Tf["conv2d"]>[3];
type Shape4 = Tensor4D["shape"];

interface ConvAttributes {
  readonly strides: number | [number, number];
  readonly pad: Pad;
  readonly dilations?: number | [number, number];
  readonly dataFormat?: "NHWC" | "NCHW";
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

/** On backends that have compiled kernels: 3×3 convolutions of stride 1 and their gradients. */
export function registerFastConvolutions(tf: Tf, backendName: string): void {
  overrideKernel(tf, backendName, "Conv2D", (args) => {
    const [x, filter] = [args.inputs.x!, args.inputs.filter!];
    const shape = shape2d(tf, args, x.shape as Shape4, filter.shape as Shape4);
    if (!shape) return undefined;
    const outShape = [shape.samples, shape.output[1], shape.output[2], shape.outChannels];
    const backend = args.backend as HeapBackend;
    return winograd(backend, [{ info: x, channels: shape.inChannels }], filter, shape, outShape);
  });
  overrideKernel(tf, backendName, "Conv2DBackpropInput", (args) => {
    const [dy, filter] = [args.inputs.dy!, args.inputs.filter!];
    const inputShape = args.attrs.inputShape as Shape4;
    const shape = shape2d(tf, args, inputShape, filter.shape as Shape4);
    if (!shape) return undefined;
    const backend = args.backend as HeapBackend;
    const backward = turned(shape);
    return winograd(backend, [{ info: dy, channels: shape.outChannels }], filter, backward, inputShape, true);
  });
  overrideKernel(tf, backendName, "Conv2DBackpropFilter", (args) => {
    const [x, dy] = [args.inputs.x!, args.inputs.dy!];
    const filterShape = args.attrs.filterShape as Shape4;
    const shape = shape2d(tf, args, x.shape as Shape4, filterShape);
    if (!shape) return undefined;
    return winogradFilterGradient(args.backend as HeapBackend, x, dy, shape, filterShape);
  });
}

/** The convolution whose output is the gradient of the input. */
function turned(shape: ConvShape): ConvShape {
  const { before, filterDepth } = shape;
  return {
    ...shape,
    input: shape.output,
    output: shape.input,
    before: [filterDepth - 1 - before[0], 2 - before[1], 2 - before[2]],
    inChannels: shape.outChannels,
    outChannels: shape.inChannels,
  };
}

/** Undefined when the fast kernels don't take it. */
function shape2d(
  tf: Tf,
  { backend, attrs }: KernelArguments,
  x: Shape4,
  filter: Shape4,
): ConvShape | undefined {
  const {
    strides,
    pad,
    dilations = 1,
    dataFormat = "NHWC",
    dimRoundingMode,
  } = attrs as unknown as ConvAttributes;
  if (!poolOf(backend) || dataFormat !== "NHWC" || filter[0] !== 3 || filter[1] !== 3) return undefined;
  if (!suitsWinograd([filter[2], filter[3]])) return undefined;
  const info = tf.backend_util.computeConv2DInfo(
    x,
    filter,
    strides,
    dilations,
    pad,
    dimRoundingMode,
    false,
    "channelsLast",
  );
  if (Math.max(info.strideHeight, info.strideWidth, info.dilationHeight, info.dilationWidth) > 1)
    return undefined;
  return {
    samples: info.batchSize,
    input: [1, info.inHeight, info.inWidth],
    output: [1, info.outHeight, info.outWidth],
    before: [0, info.padInfo.top, info.padInfo.left],
    filterDepth: 1,
    inChannels: filter[2],
    outChannels: filter[3],
  };
}
