/**
 * y = leaky(gamma · (x - mean) / sd + beta), forward and backward. x is [groups, pixels, channels], channels in fours. Each way is three
 * jobs: sums over parts of the pixels, their end, and the values. Runs of pixels stay in the first cache while their channels are gone
 * through; sums of a run in float32, of runs in float64, of parts in order.
 */
import { madd } from "./simd";

/** Pixels of a run. */
const RUN: usize = 32;

@unmanaged
class Norm {
  x: usize;
  dy: usize;
  gamma: usize;
  beta: usize;
  /** [groups, channels]: written forward, read backward. */
  mean: usize;
  inverse: usize;
  /** y forward, dx backward. */
  out: usize;
  /** Backward, [groups, channels]. */
  dgamma: usize;
  dbeta: usize;
  pixels: i32;
  channels: i32;
  /** Of a group's pixels. */
  parts: i32;
  /** [groups, parts, channels / 4, 2, 4] in float64. */
  sums: usize;
  epsilon: f32;
  slope: f32;
}

/** Bytes of the two sums of four channels. */
const SUMS: usize = 64;

/** Sums of x and x² about the group's first pixel, since E[x²] - E[x]² would lose digits where the mean is large. An item is a part. */
export function normSumsItem(job: usize, item: i32, scratch: usize): void {
  const n = changetype<Norm>(job);
  const row = <usize>n.channels << 2;
  const group = item / n.parts;
  const start = n.x + <usize>group * <usize>n.pixels * row;
  const last = start + endOf(n, item) * row;
  const sums = n.sums + <usize>item * (row >> 4) * SUMS;
  memory.fill(sums, 0, (row >> 4) * SUMS);
  for (let at = start + beginOf(n, item) * row; at < last; at += RUN * row) {
    const stop = min(last, at + RUN * row);
    for (let c: usize = 0; c < row; c += 16) {
      const pivot = v128.load(start + c);
      let sum = f32x4(0, 0, 0, 0), square = f32x4(0, 0, 0, 0);
      for (let p = at + c; p < stop; p += row) {
        const v = f32x4.sub(v128.load(p), pivot);
        sum = f32x4.add(sum, v);
        square = madd(v, v, square);
      }
      add(sums + (c >> 4) * SUMS, sum, square);
    }
  }
}

/** Mean and 1 / sd. An item is a group. */
export function normEndItem(job: usize, group: i32, scratch: usize): void {
  const n = changetype<Norm>(job);
  const row = <usize>n.channels << 2;
  const start = n.x + <usize>group * <usize>n.pixels * row;
  const count = f64x2.splat(<f64>n.pixels);
  for (let c: usize = 0; c < row; c += 16) {
    total(n, group, c, scratch);
    const mean0 = f64x2.div(v128.load(scratch), count), mean1 = f64x2.div(v128.load(scratch, 16), count);
    const own = <usize>group * row + c;
    v128.store(n.mean + own, f32x4.add(v128.load(start + c), joined(mean0, mean1)));
    const inverse0 = inverseOf(v128.load(scratch, 32), mean0, count, n.epsilon);
    v128.store(n.inverse + own, joined(inverse0, inverseOf(v128.load(scratch, 48), mean1, count, n.epsilon)));
  }
}

/** y. An item is a part. */
export function normItem(job: usize, item: i32, scratch: usize): void {
  const n = changetype<Norm>(job);
  const row = <usize>n.channels << 2;
  const group = item / n.parts;
  const start = n.x + <usize>group * <usize>n.pixels * row;
  const last = start + endOf(n, item) * row;
  const between = n.out - n.x;
  const slope = f32x4.splat(n.slope);
  for (let at = start + beginOf(n, item) * row; at < last; at += RUN * row) {
    const stop = min(last, at + RUN * row);
    for (let c: usize = 0; c < row; c += 16) {
      const own = <usize>group * row + c;
      const mean = v128.load(n.mean + own);
      const factor = f32x4.mul(v128.load(n.gamma + c), v128.load(n.inverse + own));
      const beta = v128.load(n.beta + c);
      for (let p = at + c; p < stop; p += row) {
        const v = madd(factor, f32x4.sub(v128.load(p), mean), beta);
        v128.store(p + between, f32x4.max(v, f32x4.mul(v, slope)));
      }
    }
  }
}

/** With x̂ = (x - mean) / sd and d = dy through the leaky ReLU: Σ d and Σ d·x̂. An item is a part. */
export function normGradientSumsItem(job: usize, item: i32, scratch: usize): void {
  const n = changetype<Norm>(job);
  const row = <usize>n.channels << 2;
  const group = item / n.parts;
  const start = n.x + <usize>group * <usize>n.pixels * row;
  const last = start + endOf(n, item) * row;
  const between = n.dy - n.x;
  const sums = n.sums + <usize>item * (row >> 4) * SUMS;
  memory.fill(sums, 0, (row >> 4) * SUMS);
  const slope = f32x4.splat(n.slope);
  for (let at = start + beginOf(n, item) * row; at < last; at += RUN * row) {
    const stop = min(last, at + RUN * row);
    for (let c: usize = 0; c < row; c += 16) {
      const own = <usize>group * row + c;
      const mean = v128.load(n.mean + own), inverse = v128.load(n.inverse + own);
      const gain = v128.load(n.gamma + c), bias = v128.load(n.beta + c);
      let sum = f32x4(0, 0, 0, 0), product = f32x4(0, 0, 0, 0);
      for (let p = at + c; p < stop; p += row) {
        const hat = f32x4.mul(f32x4.sub(v128.load(p), mean), inverse);
        const d = through(v128.load(p + between), madd(gain, hat, bias), slope);
        sum = f32x4.add(sum, d);
        product = madd(d, hat, product);
      }
      add(sums + (c >> 4) * SUMS, sum, product);
    }
  }
}

/** dbeta and dgamma of each group. An item is a group. */
export function normGradientEndItem(job: usize, group: i32, scratch: usize): void {
  const n = changetype<Norm>(job);
  const row = <usize>n.channels << 2;
  for (let c: usize = 0; c < row; c += 16) {
    total(n, group, c, scratch);
    const own = <usize>group * row + c;
    v128.store(n.dbeta + own, joined(v128.load(scratch), v128.load(scratch, 16)));
    v128.store(n.dgamma + own, joined(v128.load(scratch, 32), v128.load(scratch, 48)));
  }
}

/** dx = gamma / sd · (d - mean(d) - x̂ · mean(d·x̂)). An item is a part. */
export function normGradientItem(job: usize, item: i32, scratch: usize): void {
  const n = changetype<Norm>(job);
  const row = <usize>n.channels << 2;
  const group = item / n.parts;
  const start = n.x + <usize>group * <usize>n.pixels * row;
  const last = start + endOf(n, item) * row;
  const ofDy = n.dy - n.x, ofOut = n.out - n.x;
  const slope = f32x4.splat(n.slope);
  const count = f32x4.splat(<f32>n.pixels);
  for (let at = start + beginOf(n, item) * row; at < last; at += RUN * row) {
    const stop = min(last, at + RUN * row);
    for (let c: usize = 0; c < row; c += 16) {
      const own = <usize>group * row + c;
      const mean = v128.load(n.mean + own), inverse = v128.load(n.inverse + own);
      const gain = v128.load(n.gamma + c), bias = v128.load(n.beta + c);
      const meanD = f32x4.div(v128.load(n.dbeta + own), count);
      const meanDx = f32x4.div(v128.load(n.dgamma + own), count);
      const scale = f32x4.mul(gain, inverse);
      for (let p = at + c; p < stop; p += row) {
        const hat = f32x4.mul(f32x4.sub(v128.load(p), mean), inverse);
        const d = through(v128.load(p + ofDy), madd(gain, hat, bias), slope);
        v128.store(p + ofOut, f32x4.mul(scale, f32x4.sub(f32x4.sub(d, meanD), f32x4.mul(hat, meanDx))));
      }
    }
  }
}

/** The first pixel of a part in its group, and that after its last. */
@inline
function beginOf(n: Norm, item: i32): usize {
  return <usize>((<i64>n.pixels * (item % n.parts)) / n.parts);
}

@inline
function endOf(n: Norm, item: i32): usize {
  return <usize>((<i64>n.pixels * ((item % n.parts) + 1)) / n.parts);
}

/** dy where the activation was positive, else a little of it. */
@inline
function through(dy: v128, before: v128, slope: v128): v128 {
  return v128.bitselect(dy, f32x4.mul(dy, slope), f32x4.gt(before, f32x4(0, 0, 0, 0)));
}

/** Adds the sums of a run to those of its part. */
@inline
function add(to: usize, a: v128, b: v128): void {
  v128.store(to, f64x2.add(v128.load(to), f64x2.promote_low_f32x4(a)));
  v128.store(to, f64x2.add(v128.load(to, 16), f64x2.promote_low_f32x4(upper(a))), 16);
  v128.store(to, f64x2.add(v128.load(to, 32), f64x2.promote_low_f32x4(b)), 32);
  v128.store(to, f64x2.add(v128.load(to, 48), f64x2.promote_low_f32x4(upper(b))), 48);
}

/** Sums of all parts of a group for the four channels at byte `c`. */
function total(n: Norm, group: i32, c: usize, to: usize): void {
  const part = (<usize>n.channels >> 2) * SUMS;
  let from = n.sums + <usize>(group * n.parts) * part + (c >> 4) * SUMS;
  memory.copy(to, from, SUMS);
  for (let p = 1; p < n.parts; p++) {
    from += part;
    for (let i: usize = 0; i < SUMS; i += 16) v128.store(to + i, f64x2.add(v128.load(to + i), v128.load(from + i)));
  }
}

/** 1 / √(E[(x - pivot)²] - mean² + ε) */
@inline
function inverseOf(squares: v128, mean: v128, count: v128, epsilon: f32): v128 {
  const variance = f64x2.max(f64x2(0, 0), f64x2.sub(f64x2.div(squares, count), f64x2.mul(mean, mean)));
  return f64x2.div(f64x2(1, 1), f64x2.sqrt(f64x2.add(variance, f64x2.splat(<f64>epsilon))));
}

@inline
function upper(v: v128): v128 {
  return i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
}

@inline
function joined(low: v128, up: v128): v128 {
  const a = f32x4.demote_f64x2_zero(low), b = f32x4.demote_f64x2_zero(up);
  return i8x16.shuffle(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
}
