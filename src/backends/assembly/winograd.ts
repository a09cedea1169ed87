/**
 * 3×3 convolution, stride 1, in NHWC by F(4×4, 3×3): 36 products for 16 outputs where the plain way takes 144. Channels are
 * multiples of 4. A 3-D convolution of depth k is the same with k planes as sections of one long sum, and so is the convolution
 * of two tensors that would be concatenated.
 */
import { gemmPanel, gemmTall } from "./gemm";
import { filter6, filterGradient3, input6, output4, outputGradient6 } from "./transforms";

/** A part of the sum: planes of a source. All fields are 32-bit words. */
@unmanaged
class Section {
  source: usize;
  channels: i32;
  /** Plane of the source that output plane 0 sees. */
  dz: i32;
  /** Planes of the source in a sample. */
  depth: i32;
}

@unmanaged
export class Conv {
  sections: i32;
  section: usize;
  /** Σ channels. */
  k: i32;
  /** Transformed filters [36][panel of 8][k][8]. */
  filters: usize;
  output: usize;
  samples: i32;
  height: i32;
  width: i32;
  outDepth: i32;
  outHeight: i32;
  outWidth: i32;
  top: i32;
  left: i32;
  outChannels: i32;
  tileRows: i32;
  tileColumns: i32;
  /** Tiles of an item, a multiple of 4. */
  tiles: i32;
  /** Output channels of an item, a multiple of 8. */
  block: i32;
  tileItems: i32;
}

@lazy const ZERO: v128 = f32x4(0, 0, 0, 0);

/** One item: `tiles` tiles × `block` output channels. */
export function convItem(job: usize, item: i32, scratch: usize): void {
  const c = changetype<Conv>(job);
  const first = (item % c.tileItems) * c.tiles;
  const channel = (item / c.tileItems) * c.block;
  const perPlane = c.tileRows * c.tileColumns;
  const all = c.samples * c.outDepth * perPlane;
  const tiles = min(c.tiles, all - first);
  const block = min(c.block, c.outChannels - channel);
  const panels = (block + 7) >> 3;
  const k = c.k;
  const v = scratch + 1152; // after room for 2 × 36 vectors
  const positionV = <usize>(c.tiles * k) << 2;
  const m = v + 36 * positionV;
  const rowM = <usize>panels << 5;
  const positionM = <usize>c.tiles * rowM;

  for (let t = 0; t < tiles; t++) {
    const tile = first + t;
    const plane = tile / perPlane;
    const inPlane = tile - plane * perPlane;
    const ty = inPlane / c.tileColumns;
    const tx = inPlane - ty * c.tileColumns;
    const sample = plane / c.outDepth;
    const z = plane - sample * c.outDepth;
    let to = v + (<usize>(t * k) << 2);
    for (let s = 0; s < c.sections; s++) {
      const section = changetype<Section>(c.section + <usize>s * offsetof<Section>());
      const at = z + section.dz;
      const bytes = <usize>section.channels << 2;
      if (at < 0 || at >= section.depth) zeroTile(to, positionV, section.channels);
      else {
        const source = section.source + <usize>(sample * section.depth + at) * <usize>(c.height * c.width) * bytes;
        inputTile(source, c.height, c.width, bytes, section.channels, (ty << 2) - c.top, (tx << 2) - c.left, to, positionV, scratch);
      }
      to += bytes;
    }
  }
  const panelB = <usize>k << 5;
  const positionB = <usize>((c.outChannels + 7) >> 3) * panelB;
  let b = c.filters + <usize>(channel >> 3) * panelB;
  for (let p = 0; p < 36; p++, b += positionB)
    for (let panel = 0; panel < panels; panel++)
      gemmPanel(
        v + <usize>p * positionV, <usize>k << 2, b + <usize>panel * panelB,
        m + <usize>p * positionM + (<usize>panel << 5), rowM, tiles, k,
      );
  for (let t = 0; t < tiles; t++) {
    const tile = first + t;
    const plane = tile / perPlane;
    const inPlane = tile - plane * perPlane;
    const ty = inPlane / c.tileColumns;
    const tx = inPlane - ty * c.tileColumns;
    const rows = min(4, c.outHeight - (ty << 2));
    const columns = min(4, c.outWidth - (tx << 2));
    const pixel = <usize>c.outChannels << 2;
    const row = pixel * <usize>c.outWidth;
    const out = c.output + <usize>(plane * c.outHeight + (ty << 2)) * row + <usize>(tx << 2) * pixel + (<usize>channel << 2);
    const from = m + <usize>t * rowM;
    for (let i: usize = 0; i < <usize>block << 2; i += 16) {
      for (let column: usize = 0; column < 6; column++)
        output4(from + i + column * positionM, 6 * positionM, scratch + (column << 4), 96);
      if (rows == 4 && columns == 4)
        for (let y: usize = 0; y < 4; y++) output4(scratch + y * 96, 16, out + i + y * row, pixel);
      else
        for (let y = 0; y < rows; y++) {
          output4(scratch + <usize>y * 96, 16, scratch + 576, 16);
          for (let x = 0; x < columns; x++)
            v128.store(out + i + <usize>y * row + <usize>x * pixel, v128.load(scratch + 576 + (<usize>x << 4)));
        }
    }
  }
}

function zeroTile(to: usize, position: usize, channels: i32): void {
  for (let p = 0; p < 36; p++) memory.fill(to + <usize>p * position, 0, <usize>channels << 2);
}

/** Bᵀ d B of the 6×6 pixels at (y, x), which may lie beyond the plane, for some of their channels. `pixel` is bytes from one to the next. */
function inputTile(
  source: usize, height: i32, width: i32, pixel: usize, channels: i32, y: i32, x: i32, to: usize, position: usize, scratch: usize,
): void {
  const row = pixel * <usize>width;
  const inside = y >= 0 && x >= 0 && y + 6 <= height && x + 6 <= width;
  const corner = source + <isize>y * row + <isize>x * pixel;
  for (let i: usize = 0; i < <usize>channels << 2; i += 16) {
    if (inside)
      for (let column: usize = 0; column < 6; column++) {
        const at = corner + i + column * pixel;
        input6(
          v128.load(at), v128.load(at + row), v128.load(at + 2 * row), v128.load(at + 3 * row), v128.load(at + 4 * row),
          v128.load(at + 5 * row), scratch + (column << 4), 96,
        );
      }
    else
      for (let column = 0; column < 6; column++) {
        const beyond = x + column < 0 || x + column >= width;
        const at = corner + i + <usize>column * pixel;
        input6(
          pixelOf(at, y, height, beyond), pixelOf(at + row, y + 1, height, beyond), pixelOf(at + 2 * row, y + 2, height, beyond),
          pixelOf(at + 3 * row, y + 3, height, beyond), pixelOf(at + 4 * row, y + 4, height, beyond),
          pixelOf(at + 5 * row, y + 5, height, beyond), scratch + (<usize>column << 4), 96,
        );
      }
    for (let r: usize = 0; r < 6; r++) {
      const at = scratch + r * 96;
      input6(
        v128.load(at), v128.load(at, 16), v128.load(at, 32), v128.load(at, 48), v128.load(at, 64), v128.load(at, 80),
        to + i + r * 6 * position, position,
      );
    }
  }
}

// @ts-ignore: decorator
@inline
function pixelOf(at: usize, y: i32, height: i32, beyond: bool): v128 {
  return beyond || y < 0 || y >= height ? ZERO : v128.load(at);
}

/** Transforms filters [3, 3, in, out] into one section of [36][panel][k][8]. An item is 4 input channels. */
@unmanaged
export class Filters {
  filter: usize;
  /** Bytes from one tap to the next. */
  tap: i32;
  /** Of the filter as it lies in memory: channels in and out. */
  inChannels: i32;
  outChannels: i32;
  /** Rotated by 180° and with in and out changing places: for the gradient of the input. */
  turned: i32;
  target: usize;
  k: i32;
  /** Where this section begins in k. */
  offset: i32;
}

/** An item is 4 rows of k. */
export function filtersItem(job: usize, item: i32, scratch: usize): void {
  const f = changetype<Filters>(job);
  const outs = f.turned ? f.inChannels : f.outChannels; // of the convolution that will run
  const ins = f.turned ? f.outChannels : f.inChannels;
  const panels = (outs + 7) >> 3;
  const tap = <usize>f.tap;
  for (let c = item << 2; c < min(ins, (item << 2) + 4); c++)
    for (let o = 0; o < panels << 3; o += 4) {
      const to = f.target + (<usize>((o >> 3) * f.k + f.offset + c) << 5) + (<usize>(o & 4) << 2);
      const position = <usize>(panels * f.k) << 5;
      if (o >= outs) {
        for (let p: usize = 0; p < 36; p++) v128.store(to + p * position, ZERO);
        continue;
      }
      for (let s: usize = 0; s < 3; s++) {
        if (f.turned) {
          const at = f.filter + (<usize>(o * f.outChannels + c) << 2) + (2 - s) * tap;
          filter6(
            gather(at + 6 * tap, f.outChannels), gather(at + 3 * tap, f.outChannels), gather(at, f.outChannels),
            scratch + (s << 4), 48,
          );
        } else {
          const at = f.filter + (<usize>(c * f.outChannels + o) << 2) + s * tap;
          filter6(v128.load(at), v128.load(at + 3 * tap), v128.load(at + 6 * tap), scratch + (s << 4), 48);
        }
      }
      for (let r: usize = 0; r < 6; r++) {
        const at = scratch + r * 48;
        filter6(v128.load(at), v128.load(at, 16), v128.load(at, 32), to + 6 * r * position, position);
      }
    }
}

/** 4 values `stride` floats apart. */
// @ts-ignore: decorator
@inline
function gather(at: usize, stride: i32): v128 {
  const step = <usize>stride << 2;
  let v = v128.load32_zero(at);
  v = v128.load32_lane(at + step, v, 1);
  v = v128.load32_lane(at + 2 * step, v, 2);
  return v128.load32_lane(at + 3 * step, v, 3);
}

/** The gradient of the filter. */
@unmanaged
export class FilterGradient {
  section: usize;
  gradient: usize;
  samples: i32;
  height: i32;
  width: i32;
  outDepth: i32;
  outHeight: i32;
  outWidth: i32;
  top: i32;
  left: i32;
  outChannels: i32;
  tileRows: i32;
  tileColumns: i32;
  /** Tiles at a time, a multiple of 4. */
  tiles: i32;
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
  const v = scratch + 1152;
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
