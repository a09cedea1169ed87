/**
 * 3×3 convolutions of stride 1, 2-D and 3-D (3×3×3 or any depth), their gradients, and the convolution of two tensors as if
 * concatenated, by the compiled Winograd kernels (../assembly/winograd.ts): some four times the speed of tfjs's.
 */

import type { TensorInfo } from "../../tfjs/register.ts";
import { type HeapBackend, poolOf } from "../of-backend.ts";
import type { Block } from "../pool.ts";
import { type ConvGeometry, isUnit } from "./conv-geometry.ts";

/** What a convolution reads: tensors whose channels follow one another. */
interface Source {
  readonly info: TensorInfo;
  readonly channels: number;
}

/** Bytes of transformed tiles that an item keeps: they should stay in a core's cache. */
const CACHE = 400_000;
const TILE = 4;
const TAPS = 9;
const POSITIONS = 36;
const SECTION_BYTES = 16;
/** Room for two tiles in transformation, as in the compiled kernels. */
const TILE_SCRATCH = 1152;

/** Whether the kernels take it: 3×3, stride 1, channels in fours; fewer than eight are not worth transforming. */
export function suitsWinograd({ filter, stride, dilation, inChannels, outChannels }: ConvGeometry): boolean {
  if (filter[1] !== 3 || filter[2] !== 3 || !isUnit(stride) || !isUnit(dilation)) return false;
  return [inChannels, outChannels].every((n) => n % 4 === 0 && n >= 8);
}

/**
 * The convolution, or with `turned` the gradient of its input: `shape` is that of the convolution that runs, `filter` lies in
 * memory as [depth, 3, 3, in, out] of the forward one.
 */
export function winograd(
  backend: HeapBackend,
  sources: readonly Source[],
  filter: TensorInfo,
  shape: ConvGeometry,
  outShape: readonly number[],
  turned = false,
): TensorInfo {
  const pool = poolOf(backend)!;
  const output = backend.makeOutput(outShape, "float32");
  const { input, inChannels, outChannels, before } = shape;
  const filterDepth = shape.filter[0];
  const panels = Math.ceil(outChannels / 8);
  const k = filterDepth * inChannels;
  const transformed = pool.allocate(POSITIONS * panels * k * 8 * 4);
  const sections = pool.allocate(filterDepth * sources.length * SECTION_BYTES);
  const at = backend.getMemoryOffset(filter.dataId);
  const words: number[] = [];
  let offset = 0;
  for (let plane = 0; plane < filterDepth; plane++) {
    let channel = 0;
    for (const { info, channels } of sources) {
      words.push(backend.getMemoryOffset(info.dataId), channels, plane - before[0], input[0]);
      const of = turned ? filterDepth - 1 - plane : plane;
      const [ins, outs] = turned ? [outChannels, inChannels] : [inChannels, outChannels];
      const first = at + 4 * (of * TAPS * ins * outs + (turned ? 0 : channel * outs));
      pool.run("winogradFilters", Math.ceil(channels / 4), [
        first,
        4 * ins * outs,
        turned ? ins : channels,
        outs,
        Number(turned),
        transformed.at,
        k,
        offset,
      ]);
      offset += channels;
      channel += channels;
    }
  }
  pool.write(sections.at, words);
  const tiles = tilesOf(shape);
  const perItem = cachedTiles(tiles, k + panels * 8);
  const tileItems = Math.ceil(tiles / perItem);
  // Few tiles, many channels: channels are shared out too.
  let block = panels * 8;
  while (tileItems * Math.ceil(outChannels / block) < 4 * pool.threads && block > 32)
    block = 8 * Math.ceil(block / 16);
  pool.run(
    "winograd",
    tileItems * Math.ceil(outChannels / block),
    [
      ...tiledFields(sections, shape, perItem),
      filterDepth * sources.length,
      k,
      transformed.at,
      backend.getMemoryOffset(output.dataId),
      block,
      tileItems,
    ],
    { scratchBytes: TILE_SCRATCH + POSITIONS * perItem * (k + block) * 4 },
  );
  transformed.free();
  sections.free();
  return output;
}

/** dW of [depth, 3, 3, in, out]. The parts of its sums depend on the shape alone, so the bits do not on the number of threads. */
export function winogradFilterGradient(
  backend: HeapBackend,
  x: TensorInfo,
  dy: TensorInfo,
  shape: ConvGeometry,
  filterShape: readonly number[],
): TensorInfo {
  const pool = poolOf(backend)!;
  const output = backend.makeOutput(filterShape, "float32");
  const { input, before, inChannels, outChannels } = shape;
  const tiles = tilesOf(shape);
  const outs8 = 8 * Math.ceil(outChannels / 8);
  const [inBlock, outBlock] = [Math.min(64, inChannels), Math.min(64, outs8)];
  const inItems = Math.ceil(inChannels / inBlock);
  const outItems = Math.ceil(outChannels / outBlock);
  const parts = Math.max(1, Math.min(8, Math.floor(16 / (inItems * outItems)), Math.floor(tiles / 16)));
  const perItem = cachedTiles(Math.ceil(tiles / parts), inBlock + outBlock);
  const partials = pool.allocate(parts * POSITIONS * inChannels * outs8 * 4);
  const section = pool.allocate(SECTION_BYTES);
  for (let plane = 0; plane < shape.filter[0]; plane++) {
    pool.write(section.at, [backend.getMemoryOffset(x.dataId), inChannels, plane - before[0], input[0]]);
    const words = [
      ...tiledFields(section, shape, perItem),
      backend.getMemoryOffset(dy.dataId),
      inBlock,
      outBlock,
      inItems,
      outItems,
      parts,
      partials.at,
      backend.getMemoryOffset(output.dataId) + 4 * plane * TAPS * inChannels * outChannels,
      4 * inChannels * outChannels,
    ];
    const scratchBytes = TILE_SCRATCH + POSITIONS * perItem * (inBlock + outBlock) * 4;
    pool.run("winogradFilterGradient", parts * inItems * outItems, words, { scratchBytes });
    pool.run("winogradFilterGradientEnd", inChannels, words, { scratchBytes });
  }
  partials.free();
  section.free();
  return output;
}

/** What jobs over tiles begin with: `Tiled` of the compiled kernels. */
function tiledFields(sections: Block, shape: ConvGeometry, perItem: number): number[] {
  const { samples, input, output, before, outChannels } = shape;
  return [
    sections.at,
    samples,
    ...input.slice(1),
    ...output,
    ...before.slice(1),
    outChannels,
    ...output.slice(1).map((size) => Math.ceil(size / TILE)),
    perItem,
  ];
}

function tilesOf({ samples, output: [depth, height, width] }: ConvGeometry): number {
  return samples * depth * Math.ceil(height / TILE) * Math.ceil(width / TILE);
}

/** Tiles of an item: as many as the cache holds, at least 16, so that filters are worth fetching; a multiple of 4. */
function cachedTiles(tiles: number, channels: number): number {
  const fitting = 4 * Math.floor(CACHE / (POSITIONS * 4 * channels * 4));
  return Math.min(Math.max(16, fitting), 64, 4 * Math.ceil(tiles / 4));
}
