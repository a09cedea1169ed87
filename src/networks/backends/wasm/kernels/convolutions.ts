/**
 * Convolutions by the compiled kernels, in front of tfjs's: 3×3 of stride 1 by Winograd's way, all others as products of matrices. Only
 * the gradient of the input at strides above 1 is left to the kernel behind.
 */
import type { Tf } from "../../backend.ts";
import { type ConvGeometry, geometryOf, isUnit, turnedGeometry } from "../../tfjs/conv-geometry.ts";
import { type KernelArguments, overrideKernel, type TensorInfo } from "../../tfjs/register.ts";
import { type HeapBackend, poolOf } from "../of-backend.ts";
import { patchConvolution, patchFilterGradient } from "./im2col.ts";
import { asPiece, suitsWinograd, winograd, winogradFilterGradient } from "./winograd.ts";

type Shape = readonly number[];

/** On backends that have compiled kernels: Conv2D, Conv3D and their gradients. */
export function registerFastConvolutions(tf: Tf, backendName: string): void {
  const put = (
    name: string,
    kernel: (args: KernelArguments, backend: HeapBackend) => TensorInfo | undefined,
  ) =>
    overrideKernel(tf, backendName, name, (args) =>
      poolOf(args.backend) ? kernel(args, args.backend as HeapBackend) : undefined,
    );
  for (const [forward, ofInput, ofFilter] of [
    ["Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter"],
    ["Conv3D", "Conv3DBackpropInputV2", "Conv3DBackpropFilterV2"],
  ] as const) {
    put(forward, ({ inputs, attrs }, backend) => {
      const [x, filter] = [inputs.x!, inputs.filter!];
      const geometry = geometryOf(tf, x.shape, filter.shape, attrs);
      return geometry && convolve(backend, x, filter, geometry, false);
    });
    put(ofInput, ({ inputs, attrs }, backend) => {
      const [dy, filter] = [inputs.dy!, inputs.filter!];
      const geometry = geometryOf(tf, attrs.inputShape as Shape, filter.shape, attrs);
      if (!geometry || !isUnit(geometry.stride)) return undefined;
      return convolve(backend, dy, filter, turnedGeometry(geometry), true);
    });
    put(ofFilter, ({ inputs, attrs }, backend) => {
      const [x, dy] = [inputs.x!, inputs.dy!];
      const filterShape = attrs.filterShape as Shape;
      const geometry = geometryOf(tf, x.shape, filterShape, attrs);
      if (!geometry) return undefined;
      return suitsWinograd(geometry)
        ? winogradFilterGradient(backend, [asPiece(x)], dy, geometry, filterShape)
        : patchFilterGradient(backend, x, dy, geometry, filterShape);
    });
  }
}

function convolve(
  backend: HeapBackend,
  x: TensorInfo,
  filter: TensorInfo,
  geometry: ConvGeometry,
  turned: boolean,
): TensorInfo {
  const { samples, output, outChannels } = geometry;
  const size = x.shape.length === 5 ? output : output.slice(1);
  const outShape = [samples, ...size, outChannels];
  if (!suitsWinograd(geometry)) return patchConvolution(backend, x, filter, geometry, outShape, turned);
  const y = backend.makeOutput(outShape, "float32");
  winograd(backend, [asPiece(x)], filter, geometry, [asPiece(y)], turned);
  return y;
}
