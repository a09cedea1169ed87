/** Convolutions of any kind as products of matrices (../assembly/patches.ts). */

import { product } from "../../../../base/bytes/index.ts";
import { type ConvGeometry, isUnit } from "../../tfjs/conv-geometry.ts";
import type { TensorInfo } from "../../tfjs/register.ts";
import { type HeapBackend, poolOf } from "../of-backend.ts";

/** Output pixels at a time, as in the compiled kernel. */
const CHUNK = 64;
/** Bytes between rows of patches beyond what they need, as in the compiled kernel. */
const APART = 64;
/** Parts that a sum over all pixels is cut into, whatever the number of threads, so that the bits don't depend on it. */
const PARTS = 8;

/** The convolution; with `turned`, the gradient of its input: see {@link ConvGeometry}'s turned one. */
export function patchConvolution(
  backend: HeapBackend,
  x: TensorInfo,
  filter: TensorInfo,
  geometry: ConvGeometry,
  outShape: readonly number[],
  turned: boolean,
): TensorInfo {
  const pool = poolOf(backend)!;
  const output = backend.makeOutput(outShape, "float32");
  const { samples, output: size, inChannels, outChannels, filter: taps } = geometry;
  const { fields, k4, scratchBytes } = patchFields(backend, x, geometry);
  const panels = Math.ceil(outChannels / 8);
  const packed = pool.allocate(panels * k4 * 8 * 4);
  const from = backend.getMemoryOffset(filter.dataId);
  pool.run("pack", panels, [from, packed.at, product(taps), inChannels, outChannels, Number(turned)]);
  const chunks = Math.ceil((samples * product(size)) / CHUNK);
  const words = [...fields, packed.at, backend.getMemoryOffset(output.dataId)];
  pool.run("patchConv", chunks, words, { scratchBytes });
  packed.free();
  return output;
}

/** dW, of the filter's shape. */
export function patchFilterGradient(
  backend: HeapBackend,
  x: TensorInfo,
  dy: TensorInfo,
  geometry: ConvGeometry,
  filterShape: readonly number[],
): TensorInfo {
  const pool = poolOf(backend)!;
  const output = backend.makeOutput(filterShape, "float32");
  const { fields, k, k4, scratchBytes } = patchFields(backend, x, geometry);
  const parts = Math.min(PARTS, Math.ceil((geometry.samples * product(geometry.output)) / CHUNK));
  const partials = pool.allocate(parts * k4 * 8 * Math.ceil(geometry.outChannels / 8) * 4);
  const result = backend.getMemoryOffset(output.dataId);
  const words = [...fields, backend.getMemoryOffset(dy.dataId), partials.at, parts, result];
  pool.run("patchGradient", parts, words, { scratchBytes });
  pool.run("patchGradientEnd", k, words);
  partials.free();
  return output;
}

/** What the fields of all jobs begin with, and the sizes that follow from them. */
function patchFields(backend: HeapBackend, x: TensorInfo, geometry: ConvGeometry) {
  const { samples, input, output, filter, stride, dilation, before, inChannels, outChannels } = geometry;
  const k = product(filter) * inChannels;
  const k4 = 4 * Math.ceil(k / 4);
  const plain =
    isUnit(filter) &&
    isUnit(stride) &&
    inChannels % 4 === 0 &&
    String(input) === String(output) &&
    !before.some(Boolean);
  return {
    k,
    k4,
    scratchBytes: CHUNK * ((k4 + 8 * Math.ceil(outChannels / 8)) * 4 + APART),
    fields: [
      backend.getMemoryOffset(x.dataId),
      samples,
      ...input,
      inChannels,
      ...output,
      outChannels,
      ...filter,
      ...stride,
      ...dilation,
      ...before,
      k,
      k4,
      Number(plain),
    ],
  };
}
