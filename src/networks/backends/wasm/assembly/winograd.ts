/** 3×3 convolution, stride 1, by F(4×4, 3×3): 36 products for 16 outputs where the plain way takes 144. */
import { gemmPanel } from "./gemm";
import { output4 } from "./transforms";
import { APART, inputStrips, Piece, Strip, stripAt, stripsOf, TILE_SCRATCH, Tiled } from "./winograd-tiles";

@unmanaged
class Conv extends Tiled {
  /** Transformed filters [36][panel of 8][filterDepth · inChannels][8]. */
  filters: usize;
  /** {@link Piece}s of the output. */
  outputs: usize;
  outputCount: i32;
  /** Output channels of an item, a multiple of 8. */
  block: i32;
  stripItems: i32;
}

/** One item: `strips` strips × `block` output channels. */
export function convItem(job: usize, item: i32, scratch: usize): void {
  const c = changetype<Conv>(job);
  const first = (item % c.stripItems) * c.strips;
  const channel = (item / c.stripItems) * c.block;
  const strips = min(c.strips, stripsOf(c) - first);
  const block = min(c.block, c.outChannels - channel);
  const panels = (block + 7) >> 3;
  const k = c.filterDepth * c.inChannels;
  const planeV = <usize>c.inChannels << 2;
  const stripV = <usize>(c.run + c.filterDepth - 1) * planeV;
  const positionV = <usize>c.strips * stripV + APART;
  const v = scratch + TILE_SCRATCH;
  const m = v + 36 * positionV;
  const rowM = <usize>panels << 5;
  const stripM = <usize>c.run * rowM;
  const positionM = <usize>c.strips * stripM + APART;

  inputStrips(c, first, strips, 0, c.inChannels, v, positionV, scratch);
  // Without depth, strips follow one another as the rows of one product.
  const products = c.filterDepth == 1 ? 1 : strips;
  const rows = c.filterDepth == 1 ? strips * c.run : c.run;
  const panelB = <usize>k << 5;
  const positionB = <usize>((c.outChannels + 7) >> 3) * panelB + APART;
  let b = c.filters + <usize>(channel >> 3) * panelB;
  for (let p: usize = 0; p < 36; p++, b += positionB)
    for (let panel = 0; panel < panels; panel++)
      for (let s = 0; s < products; s++)
        gemmPanel(
          v + p * positionV + <usize>s * stripV, planeV, b + <usize>panel * panelB,
          m + p * positionM + <usize>s * stripM + (<usize>panel << 5), rowM, rows, k,
        );
  for (let z = 0; z < c.run; z++)
    for (let s = 0; s < strips; s++) {
      const at = stripAt(c, first + s, scratch);
      const from = m + <usize>s * stripM + <usize>z * rowM;
      if (z < at.planes) outputTile(c, at, z, channel, block, from, positionM, scratch);
    }
}

/** Aᵀ m A of a tile in plane `z` of its strip, for some of the channels, into the outputs that have them. */
function outputTile(
  c: Conv, at: Strip, z: i32, channel: i32, channels: i32, from: usize, position: usize, scratch: usize,
): void {
  const rows = min(4, c.outHeight - at.y);
  const columns = min(4, c.outWidth - at.x);
  const corner = ((at.sample * c.outDepth + at.z + z) * c.outHeight + at.y) * c.outWidth + at.x;
  let before = 0;
  for (let i = 0; i < c.outputCount; i++) {
    const output = changetype<Piece>(c.outputs + <usize>i * offsetof<Piece>());
    const pixel = <usize>output.channels << 2;
    const row = pixel * <usize>c.outWidth;
    const begin = max(before, channel);
    const end = min(before + output.channels, channel + channels);
    let to = output.data + <usize>corner * pixel + (<usize>(begin - before) << 2);
    for (let o = begin; o < end; o += 4, to += 16) {
      const m = from + (<usize>(o - channel) << 2);
      for (let column: usize = 0; column < 6; column++)
        output4(m + column * position, 6 * position, scratch + (column << 4), 96);
      if (rows == 4 && columns == 4)
        for (let y: usize = 0; y < 4; y++) output4(scratch + y * 96, 16, to + y * row, pixel);
      else
        for (let y = 0; y < rows; y++) {
          output4(scratch + <usize>y * 96, 16, scratch + 576, 16);
          for (let x = 0; x < columns; x++)
            v128.store(to + <usize>y * row + <usize>x * pixel, v128.load(scratch + 576 + (<usize>x << 4)));
        }
    }
    before += output.channels;
  }
}
