/**
 * What the 3×3 convolution by F(4×4, 3×3) and its filter's gradient share: samples seen as tiles of 4×4 outputs, each of 6×6 inputs.
 * NHWC, channels in fours. A 3-D convolution of depth k is the same with k planes as sections of one long sum, and so is that of two
 * tensors that would be concatenated. All fields are 32-bit words.
 */
import { input6 } from "./transforms";

/** A part of the sum: planes of a source. */
@unmanaged
export class Section {
  source: usize;
  channels: i32;
  /** Plane of the source that output plane 0 sees. */
  dz: i32;
  /** Planes of the source in a sample. */
  depth: i32;
}

/** What jobs over tiles begin with. */
@unmanaged
export class Tiled {
  /** The first {@link Section}. */
  section: usize;
  samples: i32;
  height: i32;
  width: i32;
  outDepth: i32;
  outHeight: i32;
  outWidth: i32;
  /** Rows and columns of zeros before the input. */
  top: i32;
  left: i32;
  outChannels: i32;
  tileRows: i32;
  tileColumns: i32;
  /** Tiles at a time, a multiple of 4. */
  tiles: i32;
}

/** Bytes for two tiles in transformation, at the beginning of an item's scratch. */
export const TILE_SCRATCH: usize = 1152;

@lazy export const ZERO: v128 = f32x4(0, 0, 0, 0);

/** Bᵀ d B of the 6×6 pixels at (y, x), which may lie beyond the plane, for some of their channels. `pixel` is bytes from one to the next. */
export function inputTile(
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
