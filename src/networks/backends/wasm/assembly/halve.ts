/** Max pooling by windows of 2 with stride 2, 2-D (depth 1, windows of 1×2×2) and 3-D; channels in fours. An item is a row of the output. */
@unmanaged
class Halve {
  x: usize;
  /** y forward; dy backward. */
  y: usize;
  /** Backward. */
  dx: usize;
  depth: i32;
  height: i32;
  width: i32;
  channels: i32;
  outDepth: i32;
  outHeight: i32;
  outWidth: i32;
  /** 1 or 2. */
  windowDepth: i32;
}

export function halveItem(job: usize, item: i32, scratch: usize): void {
  const h = changetype<Halve>(job);
  const pixel = <usize>h.channels << 2;
  const row = pixel * <usize>h.width;
  const plane = row * <usize>h.height;
  let from = h.x + cornerOf(h, item);
  let to = h.y + <usize>item * <usize>h.outWidth * pixel;
  for (let w = 0; w < h.outWidth; w++, from += 2 * pixel, to += pixel)
    for (let c: usize = 0; c < pixel; c += 16) {
      let best = v128.load(from + c);
      for (let d = 0; d < h.windowDepth; d++) {
        const at = from + c + <usize>d * plane;
        best = f32x4.max(best, f32x4.max(f32x4.max(v128.load(at), v128.load(at + pixel)),
          f32x4.max(v128.load(at + row), v128.load(at + row + pixel))));
      }
      v128.store(to + c, best);
    }
}

/** The gradient goes to the first maximum of each window, as in PyTorch. What no window reads was set to 0 before. */
export function halveGradientItem(job: usize, item: i32, scratch: usize): void {
  const h = changetype<Halve>(job);
  const pixel = <usize>h.channels << 2;
  const row = pixel * <usize>h.width;
  const plane = row * <usize>h.height;
  const zero = i32x4(0, 0, 0, 0);
  let at = cornerOf(h, item);
  let dy = h.y + <usize>item * <usize>h.outWidth * pixel;
  for (let w = 0; w < h.outWidth; w++, at += 2 * pixel, dy += pixel)
    for (let c: usize = 0; c < pixel; c += 16) {
      let best = v128.load(h.x + at + c);
      let winner = zero;
      for (let k = 1; k < h.windowDepth << 2; k++) {
        const v = v128.load(h.x + at + c + placeOf(k, pixel, row, plane));
        const larger = f32x4.gt(v, best);
        best = v128.bitselect(v, best, larger);
        winner = v128.bitselect(i32x4.splat(k), winner, larger);
      }
      const d = v128.load(dy + c);
      for (let k = 0; k < h.windowDepth << 2; k++)
        v128.store(h.dx + at + c + placeOf(k, pixel, row, plane), v128.and(d, i32x4.eq(winner, i32x4.splat(k))));
    }
}

@inline
function placeOf(k: i32, pixel: usize, row: usize, plane: usize): usize {
  return (k & 1 ? pixel : 0) + (k & 2 ? row : 0) + (k & 4 ? plane : 0);
}

/** Bytes from the beginning of x to the window of the row's first value. */
function cornerOf(h: Halve, item: i32): usize {
  const oh = item % h.outHeight;
  const above = item / h.outHeight;
  const od = above % h.outDepth;
  const sample = above / h.outDepth;
  const line = (sample * h.depth + od * h.windowDepth) * h.height + 2 * oh;
  return <usize>line * <usize>h.width * (<usize>h.channels << 2);
}
