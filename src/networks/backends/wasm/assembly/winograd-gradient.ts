/** The gradient of the filter of a 3×3 convolution: the transpose of F(4×4, 3×3), summed over tiles. */
import { gemmTall } from "./gemm";
import { filterGradient3, outputGradient6 } from "./transforms";
import { APART, inputStrips, Strip, stripAt, stripsOf, TILE_SCRATCH, Tiled, ZERO, zeroTile } from "./winograd-tiles";

@unmanaged
class FilterGradient extends Tiled {
  gradient: usize;
  /** Channels in and out of a block, multiples of 4 and 8; and blocks. An item is one block over one part of the strips. */
  inBlock: i32;
  outBlock: i32;
  inBlocks: i32;
  outBlocks: i32;
  parts: i32;
  /** Room for the sums of each item, where there are several parts: [36][filterDepth][in][out padded to 8]. */
  sums: usize;
  /** [filterDepth, 3, 3, in, out] */
  result: usize;
}

@inline
function sumBytes(g: FilterGradient): usize {
  return 36 * ((<usize>(g.filterDepth * g.inBlock * g.outBlock) << 2) + APART);
}

/** Sums of an item; with one part, to the end. */
export function filterGradientItem(job: usize, item: i32, scratch: usize): void {
  const g = changetype<FilterGradient>(job);
  const blocks = g.inBlocks * g.outBlocks;
  const part = item / blocks;
  const block = item - part * blocks;
  const ci = (block % g.inBlocks) * g.inBlock;
  const co = (block / g.inBlocks) * g.outBlock;
  const ins = min(g.inBlock, g.inChannels - ci);
  const outs = min(g.outBlock, g.outChannels - co);
  const outs8 = (outs + 7) & ~7;
  const all = stripsOf(g);
  const begin = <i32>((<i64>all * part) / g.parts);
  const end = <i32>((<i64>all * (part + 1)) / g.parts);
  const v = scratch + TILE_SCRATCH;
  const planeV = <usize>ins << 2;
  const stripV = <usize>(g.run + g.filterDepth - 1) * planeV;
  const positionV = <usize>g.strips * stripV + APART;
  const d = v + 36 * positionV;
  const rowD = <usize>outs8 << 2;
  const stripD = <usize>g.run * rowD;
  const positionD = <usize>g.strips * stripD + APART;
  const planeS = <usize>ins * rowD;
  const positionS = <usize>g.filterDepth * planeS + APART;
  const sums = g.parts > 1 ? g.sums + <usize>item * sumBytes(g) : d + 36 * positionD;
  for (let first = begin; first < end; first += g.strips) {
    const strips = min(g.strips, end - first);
    inputStrips(g, first, strips, ci, ins, v, positionV, scratch);
    for (let z = 0; z < g.run; z++)
      for (let s = 0; s < strips; s++) {
        const at = stripAt(g, first + s, scratch);
        const to = d + <usize>s * stripD + <usize>z * rowD;
        if (z < at.planes) gradientTile(g, at, z, co, outs, to, positionD, scratch);
        else zeroTile(to, positionD, outs8);
      }
    // Without depth, strips follow one another as the rows of one product.
    const products = g.filterDepth == 1 ? 1 : strips;
    const rows = g.filterDepth == 1 ? strips * g.run : g.run;
    for (let p: usize = 0; p < 36; p++)
      for (let plane: usize = 0; plane < <usize>g.filterDepth; plane++)
        for (let i: usize = 0; i < <usize>ins; i += 4)
          for (let o: usize = 0; o < rowD; o += 32)
            gemmTall(
              v + p * positionV + plane * planeV + (i << 2), planeV, d + p * positionD + o, rowD,
              sums + p * positionS + plane * planeS + i * rowD + o, rowD,
              rows, first == begin, products, stripV, stripD,
            );
  }
  if (g.parts == 1) for (let row = 0; row < g.filterDepth * ins; row++) finish(g, block, row, sums, scratch);
}

/** A · dy · Aᵀ of a tile in plane `z` of its strip; pixels beyond the plane count as 0. */
function gradientTile(
  g: FilterGradient, strip: Strip, z: i32, channel: i32, channels: i32, to: usize, position: usize, scratch: usize,
): void {
  const pixel = <usize>g.outChannels << 2;
  const row = pixel * <usize>g.outWidth;
  const rows = g.outHeight - strip.y;
  const columns = g.outWidth - strip.x;
  const plane = strip.sample * g.outDepth + strip.z + z;
  const corner = g.gradient + <usize>(plane * g.outHeight + strip.y) * row + <usize>strip.x * pixel + (<usize>channel << 2);
  const padded = (<usize>channels + 7 & ~7) << 2;
  for (let i: usize = 0; i < padded; i += 16) {
    if (i >= <usize>channels << 2) {
      for (let p: usize = 0; p < 36; p++) v128.store(to + i + p * position, ZERO);
      continue;
    }
    for (let column = 0; column < 4; column++) {
      const at = corner + i + <usize>column * pixel;
      const beyond = column >= columns;
      outputGradient6(
        beyond ? ZERO : v128.load(at), beyond || rows < 2 ? ZERO : v128.load(at + row),
        beyond || rows < 3 ? ZERO : v128.load(at + 2 * row), beyond || rows < 4 ? ZERO : v128.load(at + 3 * row),
        scratch + (<usize>column << 4), 64,
      );
    }
    for (let r: usize = 0; r < 6; r++) {
      const at = scratch + r * 64;
      outputGradient6(
        v128.load(at), v128.load(at, 16), v128.load(at, 32), v128.load(at, 48), to + i + r * 6 * position, position,
      );
    }
  }
}

/** Of several parts. An item is one input channel of a plane of a block. */
export function filterGradientEndItem(job: usize, item: i32, scratch: usize): void {
  const g = changetype<FilterGradient>(job);
  const rows = g.filterDepth * g.inBlock;
  const block = item / rows;
  finish(g, block, item - block * rows, g.sums + <usize>block * sumBytes(g), scratch);
}

/** Adds the parts of a row of a block, in order, and transforms back. */
function finish(g: FilterGradient, block: i32, row: i32, sums: usize, scratch: usize): void {
  const ci = (block % g.inBlocks) * g.inBlock;
  const co = (block / g.inBlocks) * g.outBlock;
  const ins = min(g.inBlock, g.inChannels - ci);
  const outs = min(g.outBlock, g.outChannels - co);
  if (row >= g.filterDepth * ins) return;
  const rowS = <usize>((outs + 7) & ~7) << 2;
  const positionS = <usize>(g.filterDepth * ins) * rowS + APART;
  const part = <usize>(g.inBlocks * g.outBlocks) * sumBytes(g);
  const plane = row / ins;
  const tap = <usize>(g.inChannels * g.outChannels) << 2;
  const result = g.result + <usize>(plane * 9) * tap + (<usize>((ci + row - plane * ins) * g.outChannels + co) << 2);
  for (let o: usize = 0; o < <usize>outs << 2; o += 16) {
    const from = sums + <usize>row * rowS + o;
    for (let p: usize = 0; p < 36; p++) {
      let sum = v128.load(from + p * positionS);
      for (let k = 1; k < g.parts; k++) sum = f32x4.add(sum, v128.load(from + p * positionS + <usize>k * part));
      v128.store(scratch + (p << 4), sum);
    }
    for (let column: usize = 0; column < 6; column++) {
      const at = scratch + (column << 4);
      filterGradient3(
        v128.load(at), v128.load(at, 96), v128.load(at, 192), v128.load(at, 288), v128.load(at, 384), v128.load(at, 480),
        scratch + 576 + (column << 4), 96,
      );
    }
    for (let r: usize = 0; r < 3; r++) {
      const at = scratch + 576 + r * 96;
      filterGradient3(
        v128.load(at), v128.load(at, 16), v128.load(at, 32), v128.load(at, 48), v128.load(at, 64), v128.load(at, 80),
        result + o + 3 * r * tap, tap,
      );
    }
  }
}
