/**
 * 3×3 convolutions of stride 1, 2-D and 3-D (3×3×3 or any depth), their gradients, and the convolution of two tensors as if
 * concatenated, by the compiled Winograd kernels (../assembly/winograd.ts): some four times the speed of tfjs's.
 */

import { type ConvGeometry, isUnit } from "../../tfjs/conv-geometry.ts";
import type { TensorInfo } from "../../tfjs/register.ts";
import { type HeapBackend, poolOf } from "../of-backend.ts";
import type { Block } from "../pool.ts";

/** A tensor with some of a convolution's channels, in or out; those of several follow one another. */
export interface Piece {
  readonly info: TensorInfo;
  readonly channels: number;
}

/** All channels of a tensor. */
export function asPiece(info: TensorInfo): Piece {
  return { info, channels: info.shape.at(-1)! };
}

/** Bytes of transformed tiles that an item keeps: they should stay in a core's cache. */
const CACHE = 400_000;
const TILE = 4;
const POSITIONS = 36;
/** Tiles above one another that are taken together, at most. */
const RUN = 16;
/** Bytes that the partial sums of a filter's gradient may take; beyond them it has one part. */
const PARTIAL_SUMS = 4_000_000;
/** Items of a filter's gradient, at least, where it has enough channels: as many threads can share it. */
const ITEMS = 8;
/** Room for two tiles in transformation and a strip, as in the compiled kernels. */
const TILE_SCRATCH = 1216;
/** Bytes between the values of a tile beyond what they need, as in the compiled kernels. */
const APART = 64;

/** Whether the kernels take it: 3×3, stride 1, channels in fours; fewer than eight are not worth transforming. */
export function suitsWinograd({ filter, stride, dilation, inChannels, outChannels }: ConvGeometry): boolean {
  if (filter[1] !== 3 || filter[2] !== 3 || !isUnit(stride) || !isUnit(dilation)) return false;
  return [inChannels, outChannels].every((n) => n % 4 === 0 && n >= 8);
}

/**
 * The convolution, or with `turned` the gradient of its input: `shape` is that of the convolution that runs, `filter` lies in
 * memory as [depth, 3, 3, in, out] of the forward one. Writes `outputs`.
 */
export function winograd(
  backend: HeapBackend,
  sources: readonly Piece[],
  filter: TensorInfo,
  shape: ConvGeometry,
  outputs: readonly Piece[],
  turned = false,
): void {
  const pool = poolOf(backend)!;
  const { inChannels, outChannels } = shape;
  const planes = shape.filter[0];
  const panels = Math.ceil(outChannels / 8);
  const k = planes * inChannels;
  const transformed = pool.allocate(POSITIONS * (panels * k * 8 * 4 + APART));
  const [ins, outs] = turned ? [outChannels, inChannels] : [inChannels, outChannels];
  const at = backend.getMemoryOffset(filter.dataId);
  pool.run("winogradFilters", k / 4, [at, planes, ins, outs, Number(turned), transformed.at]);
  const { words, strips, stripItems, slots, run, free } = tiled(backend, sources, shape, panels * 8);
  const written = writePieces(backend, outputs);
  // Few tiles, many channels: channels are shared out too.
  let block = panels * 8;
  while (stripItems * Math.ceil(outChannels / block) < 4 * pool.threads && block > 32)
    block = 8 * Math.ceil(block / 16);
  pool.run(
    "winograd",
    stripItems * Math.ceil(outChannels / block),
    [...words, transformed.at, written.at, outputs.length, block, stripItems],
    {
      scratchBytes: TILE_SCRATCH + POSITIONS * (strips * (slots * inChannels + run * block) * 4 + 2 * APART),
    },
  );
  transformed.free();
  written.free();
  free();
}

/** dW of [depth, 3, 3, in, out]. The parts of its sums depend on the shape alone, so the bits do not on the number of threads. */
export function winogradFilterGradient(
  backend: HeapBackend,
  sources: readonly Piece[],
  dy: TensorInfo,
  shape: ConvGeometry,
  filterShape: readonly number[],
): TensorInfo {
  const pool = poolOf(backend)!;
  const output = backend.makeOutput(filterShape, "float32");
  const { inChannels, outChannels } = shape;
  const planes = shape.filter[0];
  const outs8 = 8 * Math.ceil(outChannels / 8);
  const parts = partsOfSum(shape);
  const { inBlock, outBlock, inBlocks, outBlocks } = gradientBlocks(inChannels, outs8, parts);
  const blocks = inBlocks * outBlocks;
  const { words: tiles, strips, slots, run, free } = tiled(backend, sources, shape, outBlock, inBlock, parts);
  const sumBytes = POSITIONS * (planes * inBlock * outBlock * 4 + APART);
  const sums = pool.allocate(parts > 1 ? parts * blocks * sumBytes : 0);
  const words = [
    ...tiles,
    backend.getMemoryOffset(dy.dataId),
    inBlock,
    outBlock,
    inBlocks,
    outBlocks,
    parts,
    sums.at,
    backend.getMemoryOffset(output.dataId),
  ];
  const tileBytes = POSITIONS * (strips * (slots * inBlock + run * outBlock) * 4 + 2 * APART);
  pool.run("winogradFilterGradient", parts * blocks, words, {
    scratchBytes: TILE_SCRATCH + tileBytes + (parts > 1 ? 0 : sumBytes),
  });
  if (parts > 1) pool.run("winogradFilterGradientEnd", blocks * planes * inBlock, words);
  sums.free();
  free();
  return output;
}

/** Parts that the sum over tiles is cut into: fewer for larger filters. None is empty, as a strip has at most {@link RUN} tiles. */
function partsOfSum(shape: ConvGeometry): number {
  const bytes = POSITIONS * shape.filter[0] * shape.inChannels * shape.outChannels * 4;
  return Math.max(1, Math.min(ITEMS, Math.floor(PARTIAL_SUMS / bytes), Math.floor(tilesOf(shape) / RUN)));
}

/** Channels in and out of a block: few enough for {@link ITEMS} items and, where the sum has but one part, for the cache. */
function gradientBlocks(inChannels: number, outChannels: number, parts: number) {
  let [inBlock, outBlock] = [Math.min(64, inChannels), Math.min(64, outChannels)];
  for (;;) {
    const [inBlocks, outBlocks] = [Math.ceil(inChannels / inBlock), Math.ceil(outChannels / outBlock)];
    const many = parts > 1 && parts * inBlocks * outBlocks >= ITEMS;
    if (many || Math.max(inBlock, outBlock) <= 32) return { inBlock, outBlock, inBlocks, outBlocks };
    if (outBlock > 32) outBlock = 32;
    else inBlock = 32;
  }
}

/** What jobs over tiles begin with, `Tiled` of the compiled kernels, and the sizes that follow from it. To be freed. */
function tiled(
  backend: HeapBackend,
  sources: readonly Piece[],
  shape: ConvGeometry,
  outBlock: number,
  inBlock = shape.inChannels,
  parts = 1,
) {
  const { samples, input, output, before, filter, inChannels, outChannels } = shape;
  const [rows, columns] = output.slice(1).map((size) => Math.ceil(size / TILE)) as [number, number];
  const least = Math.ceil(output[0] / RUN);
  const run = Math.min(output[0], 4 * Math.ceil(output[0] / least / 4));
  const runs = Math.ceil(output[0] / run);
  const slots = run + filter[0] - 1;
  const all = samples * runs * rows * columns;
  const perItem = cachedTiles((all * run) / parts, (slots / run) * inBlock + outBlock);
  const strips = Math.max(1, Math.floor(perItem / run));
  const read = writePieces(backend, sources);
  const words = [
    read.at,
    sources.length,
    samples,
    ...input,
    ...output,
    ...before,
    filter[0],
    inChannels,
    outChannels,
    rows,
    columns,
    run,
    runs,
    strips,
  ];
  return { words, run, slots, strips, stripItems: Math.ceil(all / strips), free: read.free };
}

/** Writes pieces into memory as the compiled kernels read them. To be freed. */
function writePieces(backend: HeapBackend, pieces: readonly Piece[]): Block {
  const pool = poolOf(backend)!;
  const words = pieces.flatMap(({ info, channels }) => [backend.getMemoryOffset(info.dataId), channels]);
  const block = pool.allocate(4 * words.length);
  pool.write(block.at, words);
  return block;
}

function tilesOf({ samples, output: [depth, height, width] }: ConvGeometry): number {
  return samples * depth * Math.ceil(height / TILE) * Math.ceil(width / TILE);
}

/** Tiles of an item: as many as the cache holds, at least 16, so that filters are worth fetching; a multiple of 4. */
function cachedTiles(tiles: number, channels: number): number {
  const fitting = 4 * Math.floor(CACHE / (POSITIONS * 4 * channels * 4));
  return Math.min(Math.max(16, fitting), 64, 4 * Math.ceil(tiles / 4));
}
