/**
 * Convolutions of any kind as products of matrices: the pixels under the filter become a row, 64 output pixels at a time. For 1×1
 * filters, few channels and strides, where Winograd's way does not apply.
 */
import { gemmPanel, gemmTall } from "./gemm";

/** Output pixels at a time. */
const CHUNK = 64;

/** Bytes between rows of patches beyond what they need: at a multiple of 4 KiB they would share a set of the first cache. */
const APART: usize = 64;

/** Shapes that all jobs of this file begin with; 2-D has depth 1. */
@unmanaged
class Patches {
  input: usize;
  samples: i32;
  depth: i32;
  height: i32;
  width: i32;
  channels: i32;
  outDepth: i32;
  outHeight: i32;
  outWidth: i32;
  outChannels: i32;
  filterDepth: i32;
  filterHeight: i32;
  filterWidth: i32;
  strideDepth: i32;
  strideHeight: i32;
  strideWidth: i32;
  dilationDepth: i32;
  dilationHeight: i32;
  dilationWidth: i32;
  front: i32;
  top: i32;
  left: i32;
  /** Values of a patch, and that rounded up to 4. */
  k: i32;
  k4: i32;
  /** Whether rows of the input are patches as they are: 1×1, stride 1, channels in fours. */
  plain: i32;
  /** Forward: packed filters and output. Backward: dy and partial sums. */
  a: usize;
  b: usize;
  /** Backward: parts of the sum, and the result. */
  parts: i32;
  result: usize;
}

/**
 * Packs a filter as [panel][k4][8], k being taps × `inner`. It lies in memory as [taps, inner, outs]; turned, for the gradient of the
 * input, as [taps, outs, inner], and the taps are reversed. An item is a panel.
 */
export function packItem(job: usize, item: i32, scratch: usize): void {
  const source = load<usize>(job);
  const target = load<usize>(job, 4);
  const taps = load<i32>(job, 8);
  const inner = load<i32>(job, 12);
  const outs = load<i32>(job, 16);
  const turned = load<i32>(job, 20) != 0;
  const k = taps * inner;
  const k4 = (k + 3) & ~3;
  const first = item << 3;
  const columns = min(8, outs - first);
  let to = target + (<usize>(item * k4) << 5);
  memory.fill(to, 0, <usize>k4 << 5);
  for (let tap = 0; tap < taps; tap++)
    for (let i = 0; i < inner; i++, to += 32)
      for (let o = 0; o < columns; o++) {
        const at = turned ? ((taps - 1 - tap) * outs + first + o) * inner + i : (tap * inner + i) * outs + first + o;
        store<f32>(to + (<usize>o << 2), load<f32>(source + (<usize>at << 2)));
      }
}

/** Forward: an item is {@link CHUNK} output pixels. */
export function patchConvItem(job: usize, item: i32, scratch: usize): void {
  const g = changetype<Patches>(job);
  const all = g.samples * g.outDepth * g.outHeight * g.outWidth;
  const first = item * CHUNK;
  const rows = min(CHUNK, all - first);
  const a = rowsOf(g, first, rows, scratch);
  const rowA = rowBytes(g);
  const panelB = <usize>g.k4 << 5;
  const pixel = <usize>g.outChannels << 2;
  const out = g.b + <usize>first * pixel;
  const panels = (g.outChannels + 7) >> 3;
  const spare = scratch + <usize>CHUNK * rowA;
  for (let panel = 0; panel < panels; panel++) {
    const b = g.a + <usize>panel * panelB;
    const to = out + (<usize>panel << 5);
    const columns = g.outChannels - (panel << 3);
    if (columns >= 8) gemmPanel(a, rowA, b, to, pixel, rows, g.k4);
    else {
      gemmPanel(a, rowA, b, spare, 32, rows, g.k4);
      for (let r = 0; r < rows; r++)
        memory.copy(to + <usize>r * pixel, spare + (<usize>r << 5), <usize>columns << 2);
    }
  }
}

/** The filter's gradient: an item is a part of the output pixels, summed into its own [k4][out padded to 8]. */
export function patchGradientItem(job: usize, item: i32, scratch: usize): void {
  const g = changetype<Patches>(job);
  const all = g.samples * g.outDepth * g.outHeight * g.outWidth;
  const begin = <i32>((<i64>all * item) / g.parts);
  const end = <i32>((<i64>all * (item + 1)) / g.parts);
  const outs8 = (g.outChannels + 7) & ~7;
  const rowP = <usize>outs8 << 2;
  const partial = g.b + <usize>(item * g.k4) * rowP;
  const pixel = <usize>g.outChannels << 2;
  const rowA = rowBytes(g);
  const spare = scratch + <usize>CHUNK * rowA;
  for (let first = begin; first < end; first += CHUNK) {
    const rows = min(CHUNK, end - first);
    const a = rowsOf(g, first, rows, scratch);
    let dy = g.a + <usize>first * pixel;
    if (outs8 != g.outChannels) {
      for (let r = 0; r < rows; r++) {
        const to = spare + <usize>r * rowP;
        memory.copy(to, dy + <usize>r * pixel, pixel);
        memory.fill(to + pixel, 0, rowP - pixel);
      }
      dy = spare;
    }
    for (let i = 0; i < g.k4; i += 4)
      for (let o: usize = 0; o < rowP; o += 32)
        gemmTall(a + (<usize>i << 2), rowA, dy + o, rowP, partial + <usize>i * rowP + o, rowP, rows, first == begin);
  }
}

/** Adds the parts, in order, into [k, out]. An item is a row. */
export function patchGradientEndItem(job: usize, item: i32, scratch: usize): void {
  const g = changetype<Patches>(job);
  const rowP = <usize>((g.outChannels + 7) & ~7) << 2;
  const part = <usize>g.k4 * rowP;
  for (let o: usize = 0; o < <usize>g.outChannels << 2; o += 4) {
    let from = g.b + <usize>item * rowP + o;
    let sum: f32 = 0;
    for (let p = 0; p < g.parts; p++, from += part) sum += load<f32>(from);
    store<f32>(g.result + <usize>item * (<usize>g.outChannels << 2) + o, sum);
  }
}

/** Bytes from one row of {@link rowsOf} to the next. */
@inline
function rowBytes(g: Patches): usize {
  return g.plain ? <usize>g.channels << 2 : (<usize>g.k4 << 2) + APART;
}

/** Patches of the output pixels from `first` on, as rows of k4. */
function rowsOf(g: Patches, first: i32, rows: i32, scratch: usize): usize {
  const pixel = <usize>g.channels << 2;
  if (g.plain) return g.input + <usize>first * pixel;
  let to = scratch;
  const rest = <usize>(g.k4 - g.k) << 2;
  const across = <usize>g.filterWidth * pixel;
  const above = first / g.outWidth;
  let ow = first - above * g.outWidth;
  const plane = above / g.outHeight;
  let oh = above - plane * g.outHeight;
  let sample = plane / g.outDepth;
  let od = plane - sample * g.outDepth;
  for (let r = 0; r < rows; r++) {
    const left = ow * g.strideWidth - g.left;
    const whole = g.dilationWidth == 1 && left >= 0 && left + g.filterWidth <= g.width;
    for (let fd = 0; fd < g.filterDepth; fd++) {
      const d = od * g.strideDepth - g.front + fd * g.dilationDepth;
      for (let fh = 0; fh < g.filterHeight; fh++) {
        const h = oh * g.strideHeight - g.top + fh * g.dilationHeight;
        const row = g.input + <usize>((sample * g.depth + d) * g.height + h) * <usize>g.width * pixel;
        if (d < 0 || d >= g.depth || h < 0 || h >= g.height) zero(to, across);
        else if (whole) copy(to, row + <usize>left * pixel, across);
        else
          for (let fw = 0; fw < g.filterWidth; fw++) {
            const w = left + fw * g.dilationWidth;
            if (w < 0 || w >= g.width) zero(to + <usize>fw * pixel, pixel);
            else copy(to + <usize>fw * pixel, row + <usize>w * pixel, pixel);
          }
        to += across;
      }
    }
    zero(to, rest);
    to += rest + APART;
    if (++ow < g.outWidth) continue;
    ow = 0;
    if (++oh < g.outHeight) continue;
    oh = 0;
    if (++od < g.outDepth) continue;
    od = 0;
    sample++;
  }
  return scratch;
}

/** A few values: a call to memory.copy would cost more. */
@inline
function copy(to: usize, from: usize, bytes: usize): void {
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(to + i, v128.load(from + i));
  if (bytes & 8) {
    store<u64>(to + i, load<u64>(from + i));
    i += 8;
  }
  if (bytes & 4) store<f32>(to + i, load<f32>(from + i));
}

@inline
function zero(to: usize, bytes: usize): void {
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(to + i, i32x4(0, 0, 0, 0));
  for (; i < bytes; i += 4) store<f32>(to + i, 0);
}
