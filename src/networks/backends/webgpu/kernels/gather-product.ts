/**
 * A convolution as a product of matrices whose left side is never made (implicit GEMM): a row for each pixel of the result, a column for each of its channels,
 * and a sum over taps and channels of the source. Forward, pixels are taken `stride` apart; backward, for the gradient of the input, dy is read as if zeros lay between its pixels.
 */
import type { ConvGeometry } from "../../tfjs/conv-geometry.ts";
import type { TensorInfo } from "../../tfjs/register.ts";
import type { GpuBackend } from "../of-backend.ts";
import { f16Scale } from "./f16-scale.ts";
import { gatherText } from "./gather-text.ts";
import { runProduct } from "./run-product.ts";
import { spread } from "./tile.ts";

/** What is read, and what is written. Two of either lie together as if their channels were joined. */
export interface GatherProduct {
  /** `backward`: `geometry` is that of the forward convolution, sources are dy, results the gradient of its input. */
  readonly way: "forward" | "backward";
  readonly geometry: ConvGeometry;
  readonly sources: readonly TensorInfo[];
  /** Forward [taps, in, out] as it is; backward [taps, out, in], see {@link turnedFilter}. */
  readonly filter: TensorInfo;
  readonly results: readonly TensorInfo[];
}

/** Adds the product to the backend's commands. */
export function gatherProduct(backend: GpuBackend, given: GatherProduct): void {
  const { way, geometry: g, sources, filter, results } = given;
  const forward = way === "forward";
  const [from, to] = forward ? [g.input, g.output] : [g.output, g.input];
  const ins = forward ? g.inChannels : g.outChannels;
  const outs = forward ? g.outChannels : g.inChannels;
  const rows = g.samples * to[0] * to[1] * to[2];
  const first = channelsOf(sources[0]!);
  const firstOut = channelsOf(results[0]!);
  const scale = !forward && (backend.products ?? "f32") !== "f32" ? [f16Scale(backend, sources[0]!)] : [];
  const taps = g.filter[0] * g.filter[1] * g.filter[2];
  const numbers = [
    ...[...from, g.samples],
    ...[...to, rows],
    ...[...g.before, ins],
    ...[first, outs, firstOut, taps * ins],
  ];
  const gather = {
    way,
    geometry: { filter: g.filter, stride: g.stride, dilation: g.dilation },
    sources: sources.length,
    results: results.length,
    fours: ins % 4 === 0 && first % 4 === 0,
    outFours: outs % 4 === 0 && firstOut % 4 === 0,
    scaled: scale.length > 0,
  };
  runProduct(backend, {
    label: `convolution ${way}`,
    about: [...layerOf(g), ...numbers],
    text: () => gatherText(gather),
    along: "depth",
    size: [rows, outs],
    job: (tile) => {
      const [x, z] = spread(Math.ceil(rows / tile.rows));
      return {
        tensors: [...sources, filter, ...scale, ...results],
        numbers: Uint32Array.from(numbers, (n) => n >>> 0),
        groups: [x, Math.ceil(outs / tile.columns), z],
      };
    },
  });
  for (const { dataId } of scale) backend.disposeData(dataId);
}

/** Filter, stride and dilation of a layer, to be named by. */
export function layerOf(g: ConvGeometry): string[] {
  return [g.filter, g.stride, g.dilation].map((sizes) => sizes.join("x"));
}

function channelsOf({ shape }: TensorInfo): number {
  return shape[shape.length - 1]!;
}
