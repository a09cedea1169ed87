/** 3×3 convolution, stride 1, by F(4×4, 3×3): 36 products for 16 outputs where the plain way takes 144. */
import { gemmPanel } from "./gemm";
import { output4 } from "./transforms";
import { inputTile, Section, TILE_SCRATCH, Tiled } from "./winograd-tiles";

@unmanaged
class Conv extends Tiled {
  sections: i32;
  /** Σ channels. */
  k: i32;
  /** Transformed filters [36][panel of 8][k][8]. */
  filters: usize;
  output: usize;
  /** Output channels of an item, a multiple of 8. */
  block: i32;
  tileItems: i32;
}

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
  const v = scratch + TILE_SCRATCH;
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
