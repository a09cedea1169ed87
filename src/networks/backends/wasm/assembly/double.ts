/** Doubling by repeating pixels, 2-D (depth stays) and 3-D, and its gradient. An item is a row of the smaller side. */
@unmanaged
class Double {
  small: usize;
  large: usize;
  width: i32;
  height: i32;
  channels: i32;
  /** Planes of the larger side for one of the smaller: 1 or 2. */
  planes: i32;
}

export function doubleItem(job: usize, item: i32, scratch: usize): void {
  const d = changetype<Double>(job);
  const pixel = <usize>d.channels << 2;
  const row = (pixel * <usize>d.width) << 1;
  const plane = (row * <usize>d.height) << 1;
  let from = d.small + ((<usize>item * row) >> 1);
  const start = d.large + <usize>(item / d.height) * <usize>d.planes * plane + <usize>(item % d.height) * 2 * row;
  for (let to = start; to < start + row; to += 2 * pixel, from += pixel) {
    let i: usize = 0;
    for (; i + 16 <= pixel; i += 16) {
      const v = v128.load(from + i);
      v128.store(to + i, v);
      v128.store(to + i + pixel, v);
    }
    for (; i < pixel; i += 4) {
      const v = load<f32>(from + i);
      store<f32>(to + i, v);
      store<f32>(to + i + pixel, v);
    }
  }
  memory.copy(start + row, start, row);
  if (d.planes == 2) memory.copy(start + plane, start, 2 * row);
}

/** The sum of the pixels that were made from one. */
export function doubleGradientItem(job: usize, item: i32, scratch: usize): void {
  const d = changetype<Double>(job);
  const pixel = <usize>d.channels << 2;
  const row = (pixel * <usize>d.width) << 1;
  const plane = (row * <usize>d.height) << 1;
  let to = d.small + ((<usize>item * row) >> 1);
  const start = d.large + <usize>(item / d.height) * <usize>d.planes * plane + <usize>(item % d.height) * 2 * row;
  for (let from = start; from < start + row; from += 2 * pixel, to += pixel) {
    let i: usize = 0;
    for (; i + 16 <= pixel; i += 16) {
      let sum = fourOf(from + i, pixel, row);
      if (d.planes == 2) sum = f32x4.add(sum, fourOf(from + i + plane, pixel, row));
      v128.store(to + i, sum);
    }
    for (; i < pixel; i += 4) {
      let sum: f32 = 0;
      for (let p: usize = 0; p < <usize>d.planes; p++) {
        const at = from + i + p * plane;
        sum += load<f32>(at) + load<f32>(at + pixel) + (load<f32>(at + row) + load<f32>(at + row + pixel));
      }
      store<f32>(to + i, sum);
    }
  }
}

@inline
function fourOf(at: usize, pixel: usize, row: usize): v128 {
  const upper = f32x4.add(v128.load(at), v128.load(at + pixel));
  return f32x4.add(upper, f32x4.add(v128.load(at + row), v128.load(at + row + pixel)));
}
