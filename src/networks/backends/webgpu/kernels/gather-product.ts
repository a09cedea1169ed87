/**
 * A convolution as a product of matrices whose left side is never made (implicit GEMM): a row for each pixel of the result, a column for each of its channels,
 * and a sum over taps and channels of the source. Forward, pixels are taken `stride` apart; backward, for the gradient of the input, dy is read as if zeros lay between its pixels.
 */
import type { ConvGeometry } from "../../tfjs/conv-geometry.ts";
import type { TensorInfo } from "../../tfjs/register.ts";
import type { GpuBackend } from "../of-backend.ts";
import { f16Scale } from "./f16-scale.ts";
import { type Finish, gatherText } from "./gather-text.ts";
import type { Job } from "./job.ts";
import { runProduct } from "./run-product.ts";
import { spread } from "./tile.ts";
import { type ProductCard, waysFor } from "./ways.ts";

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
  const { way, geometry, sources, filter, results } = given;
  const scale =
    way === "backward" && (backend.products ?? "f32") !== "f32" ? [f16Scale(backend, sources[0]!)] : [];
  const { gather, numbers, size, groups } = gathered({
    way,
    geometry,
    sources: sources.map(channelsOf),
    results: results.map(channelsOf),
  });
  runProduct(backend, {
    label: `convolution ${way}`,
    about: [...layerOf(geometry), ...numbers],
    text: () => gatherText({ ...gather, scaled: scale.length > 0 }),
    along: "depth",
    size,
    job: (tile) => ({ tensors: [...sources, filter, ...scale, ...results], numbers, groups: groups(tile) }),
  });
  for (const { dataId } of scale) backend.disposeData(dataId);
}

/** What decides the text of the shader and its numbers. */
interface GatherSizes {
  readonly way: "forward" | "backward";
  readonly geometry: ConvGeometry;
  /** Channels of each source. */
  readonly sources: readonly number[];
  /** Channels of each result. */
  readonly results: readonly number[];
}

/** A product without tfjs: shader, numbers and workgroups. Bound to: sources, filter, factor and bias where there are any, results. */
export function gatherJob(
  { finish, ...sizes }: GatherSizes & { readonly finish?: Finish },
  card: ProductCard,
): Job {
  const { gather, numbers, size, groups } = gathered(sizes);
  const { rule } = waysFor(card, "depth", size);
  const code = rule.code(gatherText({ ...gather, scaled: false, finish }));
  return { shader: { label: `convolution ${sizes.way}`, code }, numbers, groups: groups(rule) };
}

function gathered({ way, geometry: g, sources, results }: GatherSizes) {
  const forward = way === "forward";
  const [from, to] = forward ? [g.input, g.output] : [g.output, g.input];
  const ins = forward ? g.inChannels : g.outChannels;
  const outs = forward ? g.outChannels : g.inChannels;
  const rows = g.samples * to[0] * to[1] * to[2];
  const [first, firstOut] = [sources[0]!, results[0]!];
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
  };
  return {
    gather,
    numbers: Uint32Array.from(numbers, (n) => n >>> 0),
    size: [rows, outs] as const,
    groups(tile: { readonly rows: number; readonly columns: number }): Job["groups"] {
      const [x, z] = spread(Math.ceil(rows / tile.rows));
      return [x, Math.ceil(outs / tile.columns), z];
    },
  };
}

/** Filter, stride and dilation of a layer, to be named by. */
export function layerOf(g: ConvGeometry): string[] {
  return [g.filter, g.stride, g.dilation].map((sizes) => sizes.join("x"));
}

function channelsOf({ shape }: TensorInfo): number {
  return shape[shape.length - 1]!;
}
