/** tfjs's convolution kernels and their gradients, 2-D and 3-D, and the convolution of a pair, by {@link gatherProduct} and {@link filterGradient}. */
import type { Tf } from "../../backend.ts";
import { type ConvGeometry, geometryOf } from "../../tfjs/conv-geometry.ts";
import { CONV_PAIR, CONV_PAIR_GRAD } from "../../tfjs/own-kernels.ts";
import { type KernelArguments, overrideKernel, replaceKernel, type TensorInfo } from "../../tfjs/register.ts";
import type { GpuBackend } from "../of-backend.ts";
import { filterGradient } from "./filter-gradient.ts";
import { gatherProduct } from "./gather-product.ts";
import { turnedFilter } from "./turned-filter.ts";

export function registerConvolutions(tf: Tf, backendName: string): void {
  const override = (name: string, kernel: (args: KernelArguments) => TensorInfo | undefined) =>
    overrideKernel(tf, backendName, name, kernel);
  for (const name of ["Conv2D", "Conv3D"])
    override(name, ({ inputs, backend, attrs }) => {
      const { x, filter } = inputs as Record<string, TensorInfo>;
      const g = geometryOf(tf, x!.shape, filter!.shape, attrs);
      return g && forward(backend as GpuBackend, g, [x!], filter!);
    });
  for (const name of ["Conv2DBackpropInput", "Conv3DBackpropInputV2"])
    override(name, ({ inputs, backend, attrs }) => {
      const { dy, filter } = inputs as Record<string, TensorInfo>;
      const shape = attrs.inputShape as number[];
      const g = geometryOf(tf, shape, filter!.shape, attrs);
      return g && backward(backend as GpuBackend, g, dy!, filter!, [shape])[0];
    });
  for (const name of ["Conv2DBackpropFilter", "Conv3DBackpropFilterV2"])
    override(name, ({ inputs, backend, attrs }) => {
      const { x, dy } = inputs as Record<string, TensorInfo>;
      const shape = attrs.filterShape as number[];
      const g = geometryOf(tf, x!.shape, shape, attrs);
      return g && gradientOfFilter(backend as GpuBackend, g, [x!], dy!, shape);
    });
  replaceKernel(tf, backendName, CONV_PAIR, ({ inputs, backend }) => {
    const { a, b, filter } = inputs as Record<string, TensorInfo>;
    return forward(backend as GpuBackend, pairGeometry(tf, a!, filter!), [a!, b!], filter!);
  });
  replaceKernel(tf, backendName, CONV_PAIR_GRAD, ({ inputs, backend }) => {
    const { a, b, filter, dy } = inputs as Record<string, TensorInfo>;
    const g = pairGeometry(tf, a!, filter!);
    const gpu = backend as GpuBackend;
    return [
      ...backward(gpu, g, dy!, filter!, [a!.shape, b!.shape]),
      gradientOfFilter(gpu, g, [a!, b!], dy!, filter!.shape),
    ];
  });
}

function forward(
  backend: GpuBackend,
  g: ConvGeometry,
  sources: readonly TensorInfo[],
  filter: TensorInfo,
): TensorInfo {
  const y = backend.makeTensorInfo(shapeOf(g, sources[0]!.shape.length, g.output, g.outChannels), "float32");
  gatherProduct(backend, { way: "forward", geometry: g, sources, filter, results: [y] });
  return y;
}

/** @param shapes of the inputs whose gradients are wanted */
function backward(
  backend: GpuBackend,
  g: ConvGeometry,
  dy: TensorInfo,
  filter: TensorInfo,
  shapes: readonly (readonly number[])[],
): TensorInfo[] {
  const turned = turnedFilter(backend, filter);
  const results = shapes.map((shape) => backend.makeTensorInfo(shape, "float32"));
  gatherProduct(backend, { way: "backward", geometry: g, sources: [dy], filter: turned, results });
  backend.disposeData(turned.dataId);
  return results;
}

function gradientOfFilter(
  backend: GpuBackend,
  g: ConvGeometry,
  sources: readonly TensorInfo[],
  dy: TensorInfo,
  shape: readonly number[],
): TensorInfo {
  const dw = backend.makeTensorInfo(shape, "float32");
  filterGradient(backend, g, sources, dy, dw);
  return dw;
}

function shapeOf(g: ConvGeometry, rank: number, size: ConvGeometry["input"], channels: number): number[] {
  return [g.samples, ...(rank === 5 ? size : size.slice(1)), channels];
}

function pairGeometry(tf: Tf, a: TensorInfo, filter: TensorInfo): ConvGeometry {
  const channels = filter.shape[filter.shape.length - 2]!;
  return geometryOf(tf, [...a.shape.slice(0, -1), channels], filter.shape, { strides: 1, pad: "same" })!;
}
