/**
 * What the 3×3 convolution by F(4×4, 3×3) and its filter's gradient share: samples seen as tiles of 4×4 outputs, each of 6×6 inputs.
 * NDHWC, channels in fours; 2-D is depth 1. A filter of depth k sums over k planes. Tiles above one another make a strip: what its planes
 * hold is transformed once, and a row of the product of matrices is k planes of it that follow one another. All fields are 32-bit words.
 */
import { input6 } from "./transforms";

/** A tensor with some of a convolution's channels, in or out; those of several follow one another. */
@unmanaged
export class Piece {
  data: usize;
  channels: i32;
}

/** What jobs over tiles begin with. */
@unmanaged
export class Tiled {
  /** {@link Piece}s of the input. */
  sources: usize;
  sourceCount: i32;
  samples: i32;
  depth: i32;
  height: i32;
  width: i32;
  outDepth: i32;
  outHeight: i32;
  outWidth: i32;
  /** Planes, rows and columns of zeros before the input. */
  front: i32;
  top: i32;
  left: i32;
  filterDepth: i32;
  inChannels: i32;
  outChannels: i32;
  tileRows: i32;
  tileColumns: i32;
  /** Output planes of a strip, and strips one above the other. The last may reach beyond the output. */
  run: i32;
  runs: i32;
  /** Strips at a time. */
  strips: i32;
}

/** Where a strip lies: its first output plane, row and column, and how many planes of it are in the output. */
@unmanaged
export class Strip {
  sample: i32;
  z: i32;
  y: i32;
  x: i32;
  planes: i32;
}

/** Where an item's scratch holds its strip, after two tiles in transformation; and where the rest begins. */
const STRIP: usize = 1152;
export const TILE_SCRATCH: usize = 1216;

/**
 * Bytes between a tile's 36 values beyond what they need, here and in filters and sums: at a multiple of 4 KiB they would share a set of
 * the first cache, which has room for 8.
 */
export const APART: usize = 64;

@lazy export const ZERO: v128 = f32x4(0, 0, 0, 0);

export function stripsOf(t: Tiled): i32 {
  return t.samples * t.runs * t.tileRows * t.tileColumns;
}

export function stripAt(t: Tiled, index: i32, scratch: usize): Strip {
  const at = changetype<Strip>(scratch + STRIP);
  const line = index / t.tileColumns;
  const plane = line / t.tileRows;
  at.sample = plane / t.runs;
  at.z = (plane - at.sample * t.runs) * t.run;
  at.y = (line - plane * t.tileRows) << 2;
  at.x = (index - line * t.tileColumns) << 2;
  at.planes = min(t.run, t.outDepth - at.z);
  return at;
}

/**
 * Bᵀ d B of some channels of the input planes of `strips` strips, strip by strip in memory and each with all its planes. Plane by plane in
 * time: neighbours lie together in the input. `position` is bytes between the 36 values of a tile.
 */
export function inputStrips(
  t: Tiled, first: i32, strips: i32, channel: i32, channels: i32, to: usize, position: usize, scratch: usize,
): void {
  const planes = t.run + t.filterDepth - 1;
  for (let plane = 0; plane < planes; plane++)
    for (let s = 0; s < strips; s++)
      inputTiles(
        t, stripAt(t, first + s, scratch), plane, channel, channels,
        to + (<usize>((s * planes + plane) * channels) << 2), position, scratch,
      );
}

/** Of a plane of a strip, from all sources. */
function inputTiles(
  t: Tiled, at: Strip, plane: i32, channel: i32, channels: i32, to: usize, position: usize, scratch: usize,
): void {
  const z = at.z - t.front + plane;
  let before = 0;
  for (let i = 0; i < t.sourceCount; i++) {
    const source = changetype<Piece>(t.sources + <usize>i * offsetof<Piece>());
    const begin = max(0, channel - before);
    const count = min(source.channels, channel + channels - before) - begin;
    before += source.channels;
    if (count <= 0) continue;
    const pixel = <usize>source.channels << 2;
    if (z < 0 || z >= t.depth) zeroTile(to, position, count);
    else
      inputTile(
        source.data + <usize>(at.sample * t.depth + z) * <usize>(t.height * t.width) * pixel + (<usize>begin << 2),
        t.height, t.width, pixel, count, at.y - t.top, at.x - t.left, to, position, scratch,
      );
    to += <usize>count << 2;
  }
}

export function zeroTile(to: usize, position: usize, channels: i32): void {
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

@inline
function pixelOf(at: usize, y: i32, height: i32, beyond: bool): v128 {
  return beyond || y < 0 || y >= height ? ZERO : v128.load(at);
}
