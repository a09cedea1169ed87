/** The gradient of the filter of a 3×3 convolution: the transpose of F(4×4, 3×3), summed over tiles. */
import { gemmTall } from "./gemm";
import { filterGradient3, outputGradient6 } from "./transforms";
import { inputTile, Section, TILE_SCRATCH, Tiled, ZERO } from "./winograd-tiles";

@unmanaged
class FilterGradient extends Tiled {
  gradient: usize;
  /** Channels in and out of an item, multiples of 4 and 8. */
  inBlock: i32;
  outBlock: i32;
  inItems: i32;
  outItems: i32;
  /** Parts of the sum over tiles, each with its own [36][in][out padded to 8]. */
  parts: i32;
  partials: usize;
  /** [3, 3, in, out] with `tap` bytes between taps. */
  result: usize;
  tap: i32;
}

/** One item: a block of channels over one part of the tiles, into its partial sums. */
export function filterGradientItem(job: usize, item: i32, scratch: usize): void {
  const g = changetype<FilterGradient>(job);
  const section = changetype<Section>(g.section);
  const part = item / (g.inItems * g.outItems);
  const rest = item - part * g.inItems * g.outItems;
  const ci = (rest % g.inItems) * g.inBlock;
  const co = (rest / g.inItems) * g.outBlock;
  const ins = min(g.inBlock, section.channels - ci);
  const outs = min(g.outBlock, g.outChannels - co);
  const outs8 = (outs + 7) & ~7;
  const perPlane = g.tileRows * g.tileColumns;
  const all = g.samples * g.outDepth * perPlane;
  const begin = <i32>((<i64>all * part) / g.parts);
  const end = <i32>((<i64>all * (part + 1)) / g.parts);
  const v = scratch + TILE_SCRATCH;
  const rowV = <usize>ins << 2;
  const positionV = <usize>g.tiles * rowV;
  const d = v + 36 * positionV;
  const rowD = <usize>outs8 << 2;
  const positionD = <usize>g.tiles * rowD;
  const allOuts8 = (g.outChannels + 7) & ~7;
  const rowP = <usize>allOuts8 << 2;
  const positionP = <usize>section.channels * rowP;
  const partial = g.partials + <usize>part * 36 * positionP + <usize>ci * rowP + (<usize>co << 2);
  for (let p: usize = 0; p < 36; p++)
    for (let i: usize = 0; i < <usize>ins; i++) memory.fill(partial + p * positionP + i * rowP, 0, rowD);
  for (let first = begin; first < end; first += g.tiles) {
    const tiles = min(g.tiles, end - first);
    let used = 0;
    for (let t = 0; t < tiles; t++) {
      const tile = first + t;
      const plane = tile / perPlane;
      const inPlane = tile - plane * perPlane;
      const ty = inPlane / g.tileColumns;
      const tx = inPlane - ty * g.tileColumns;
      const sample = plane / g.outDepth;
      const at = plane - sample * g.outDepth + section.dz;
      if (at < 0 || at >= section.depth) continue;
      const pixel = <usize>section.channels << 2;
      inputTile(
        section.source + <usize>(sample * section.depth + at) * <usize>(g.height * g.width) * pixel + (<usize>ci << 2),
        g.height, g.width, pixel, ins, (ty << 2) - g.top, (tx << 2) - g.left, v + <usize>used * rowV, positionV, scratch,
      );
      gradientTile(g, plane, ty << 2, tx << 2, co, outs, d + <usize>used * rowD, positionD, scratch);
      used++;
    }
    for (let p: usize = 0; p < 36; p++)
      for (let i = 0; i < ins; i += 4)
        for (let o: usize = 0; o < rowD; o += 32)
          gemmTall(
            v + p * positionV + (<usize>i << 2), rowV, d + p * positionD + o, rowD,
            partial + p * positionP + <usize>i * rowP + o, rowP, used,
          );
  }
}

/** A · dy · Aᵀ of the 4×4 pixels at (y, x); those beyond the plane count as 0. */
function gradientTile(
  g: FilterGradient, plane: i32, y: i32, x: i32, channel: i32, channels: i32, to: usize, position: usize, scratch: usize,
): void {
  const pixel = <usize>g.outChannels << 2;
  const row = pixel * <usize>g.outWidth;
  const rows = g.outHeight - y;
  const columns = g.outWidth - x;
  const corner = g.gradient + <usize>(plane * g.outHeight + y) * row + <usize>x * pixel + (<usize>channel << 2);
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

/** Adds the parts in order and transforms back. An item is one input channel. */
export function filterGradientEndItem(job: usize, item: i32, scratch: usize): void {
  const g = changetype<FilterGradient>(job);
  const section = changetype<Section>(g.section);
  const rowP = <usize>((g.outChannels + 7) & ~7) << 2;
  const positionP = <usize>section.channels * rowP;
  const part: usize = 36 * positionP;
  const tap = <usize>g.tap;
  for (let o: usize = 0; o < <usize>g.outChannels << 2; o += 16) {
    const from = g.partials + <usize>item * rowP + o;
    for (let p: usize = 0; p < 36; p++) {
      let sum = v128.load(from + p * positionP);
      for (let k = 1; k < g.parts; k++) sum = f32x4.add(sum, v128.load(from + p * positionP + <usize>k * part));
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
        g.result + <usize>(item * g.outChannels) * 4 + o + 3 * r * tap, tap,
      );
    }
  }
}
