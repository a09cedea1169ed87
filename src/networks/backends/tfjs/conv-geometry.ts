import type { Tf } from "../backend.ts";
import type { KernelArguments } from "./register.ts";

type Three = readonly [number, number, number];

/** All that a convolution of channels-last samples is made of, 2-D as depth 1. Triples are depth, height, width. */
export interface ConvGeometry {
  readonly samples: number;
  readonly input: Three;
  readonly output: Three;
  readonly filter: Three;
  readonly stride: Three;
  readonly dilation: Three;
  /** Zeros before the input. */
  readonly before: Three;
  readonly inChannels: number;
  readonly outChannels: number;
}

type Pad = Parameters<Tf["conv2d"]>[3];
type Shape4 = [number, number, number, number];
type Shape5 = [number, number, number, number, number];

interface Attributes {
  readonly strides: number | number[];
  readonly pad: Pad;
  readonly dilations?: number | number[];
  readonly dataFormat?: string;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

/** Of a convolution kernel's attributes, for x and filter shapes of rank 4 or 5. Undefined when channels don't come last. */
export function geometryOf(
  tf: Tf,
  x: readonly number[],
  filter: readonly number[],
  attributes: KernelArguments["attrs"],
): ConvGeometry | undefined {
  const { strides, pad, dilations = 1, dataFormat, dimRoundingMode } = attributes as unknown as Attributes;
  if (dataFormat?.startsWith("NC")) return undefined;
  if (x.length === 5) {
    const info = tf.backend_util.computeConv3DInfo(
      x as Shape5,
      filter as Shape5,
      strides as Shape5[0],
      dilations as Shape5[0],
      pad as "same" | "valid",
    );
    return {
      samples: info.batchSize,
      input: [info.inDepth, info.inHeight, info.inWidth],
      output: [info.outDepth, info.outHeight, info.outWidth],
      filter: [info.filterDepth, info.filterHeight, info.filterWidth],
      stride: [info.strideDepth, info.strideHeight, info.strideWidth],
      dilation: [info.dilationDepth, info.dilationHeight, info.dilationWidth],
      before: [info.padInfo.front, info.padInfo.top, info.padInfo.left],
      inChannels: info.inChannels,
      outChannels: info.outChannels,
    };
  }
  const info = tf.backend_util.computeConv2DInfo(
    x as Shape4,
    filter as Shape4,
    strides as number,
    dilations as number,
    pad,
    dimRoundingMode,
  );
  return {
    samples: info.batchSize,
    input: [1, info.inHeight, info.inWidth],
    output: [1, info.outHeight, info.outWidth],
    filter: [1, info.filterHeight, info.filterWidth],
    stride: [1, info.strideHeight, info.strideWidth],
    dilation: [1, info.dilationHeight, info.dilationWidth],
    before: [0, info.padInfo.top, info.padInfo.left],
    inChannels: info.inChannels,
    outChannels: info.outChannels,
  };
}

/** The convolution of dy, with the filter turned, whose output is the gradient of the input. Stride 1. */
export function turnedGeometry(g: ConvGeometry): ConvGeometry {
  const before = [0, 1, 2].map((d) => (g.filter[d]! - 1) * g.dilation[d]! - g.before[d]!);
  return {
    ...g,
    input: g.output,
    output: g.input,
    before: before as unknown as Three,
    inChannels: g.outChannels,
    outChannels: g.inChannels,
  };
}

export function isUnit(triple: Three): boolean {
  return triple.every((n) => n === 1);
}
