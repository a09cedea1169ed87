/**
 * y = leaky(gamma · (x - mean) / sd + beta), forward and backward: 2 passes over memory each. x is [groups, pixels, channels], channels
 * in fours; an item is a group's block of up to 16 channels. Sums of 32 pixels in float32, of those in float64.
 */
import { madd } from "./simd";

const BLOCK = 16;
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
  blocks: i32;
  epsilon: f32;
  slope: f32;
}

export function normItem(job: usize, item: i32, scratch: usize): void {
  const n = changetype<Norm>(job);
  const group = item / n.blocks;
  const begin = (item - group * n.blocks) * BLOCK;
  const end = min(n.channels, begin + BLOCK);
  const row = <usize>n.channels << 2;
  const slope = f32x4.splat(n.slope);
  for (let c = begin; c < end; c += 4) {
    const offset = <usize>c << 2;
    const at = n.x + <usize>group * <usize>n.pixels * row + offset;
    const last = at + <usize>n.pixels * row;
    // Sums about the first pixel: E[x²] - E[x]² would lose digits where the mean is large.
    const pivot = v128.load(at);
    let sum0 = f64x2(0, 0), sum1 = f64x2(0, 0), square0 = f64x2(0, 0), square1 = f64x2(0, 0);
    for (let p = at; p < last; ) {
      const stop = min(last, p + RUN * row);
      let sum = f32x4(0, 0, 0, 0), square = f32x4(0, 0, 0, 0);
      for (; p < stop; p += row) {
        const v = f32x4.sub(v128.load(p), pivot);
        sum = f32x4.add(sum, v);
        square = madd(v, v, square);
      }
      sum0 = f64x2.add(sum0, f64x2.promote_low_f32x4(sum));
      sum1 = f64x2.add(sum1, f64x2.promote_low_f32x4(high(sum)));
      square0 = f64x2.add(square0, f64x2.promote_low_f32x4(square));
      square1 = f64x2.add(square1, f64x2.promote_low_f32x4(high(square)));
    }
    const count = f64x2.splat(<f64>n.pixels);
    const mean0 = f64x2.div(sum0, count), mean1 = f64x2.div(sum1, count);
    const inverse = joined(inverseOf(square0, mean0, count, n.epsilon), inverseOf(square1, mean1, count, n.epsilon));
    const mean = f32x4.add(pivot, joined(mean0, mean1));
    const own = (<usize>group * row) + offset;
    v128.store(n.mean + own, mean);
    v128.store(n.inverse + own, inverse);
    const factor = f32x4.mul(v128.load(n.gamma + offset), inverse);
    const beta = v128.load(n.beta + offset);
    let out = n.out + (at - n.x);
    for (let p = at; p < last; p += row, out += row) {
      const v = madd(factor, f32x4.sub(v128.load(p), mean), beta);
      v128.store(out, f32x4.max(v, f32x4.mul(v, slope)));
    }
  }
}

/** 1 / √(E[(x - pivot)²] - mean² + ε) */
// @ts-ignore: decorator
@inline
function inverseOf(squares: v128, mean: v128, count: v128, epsilon: f32): v128 {
  const variance = f64x2.max(f64x2(0, 0), f64x2.sub(f64x2.div(squares, count), f64x2.mul(mean, mean)));
  return f64x2.div(f64x2(1, 1), f64x2.sqrt(f64x2.add(variance, f64x2.splat(<f64>epsilon))));
}

// @ts-ignore: decorator
@inline
function high(v: v128): v128 {
  return i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
}

// @ts-ignore: decorator
@inline
function joined(low: v128, up: v128): v128 {
  const a = f32x4.demote_f64x2_zero(low), b = f32x4.demote_f64x2_zero(up);
  return i8x16.shuffle(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
}

/** With x̂ = (x - mean) / sd and d = dy through the leaky ReLU: dx = gamma / sd · (d - mean(d) - x̂ · mean(d·x̂)). */
export function normGradientItem(job: usize, item: i32, scratch: usize): void {
  const n = changetype<Norm>(job);
  const group = item / n.blocks;
  const begin = (item - group * n.blocks) * BLOCK;
  const end = min(n.channels, begin + BLOCK);
  const row = <usize>n.channels << 2;
  const slope = f32x4.splat(n.slope);
  const zero = f32x4(0, 0, 0, 0);
  for (let c = begin; c < end; c += 4) {
    const offset = <usize>c << 2;
    const own = <usize>group * row + offset;
    const at = <usize>group * <usize>n.pixels * row + offset;
    const last = n.x + at + <usize>n.pixels * row;
    const between = n.dy - n.x;
    const inverse = v128.load(n.inverse + own);
    const mean = v128.load(n.mean + own);
    const gain = v128.load(n.gamma + offset);
    const bias = v128.load(n.beta + offset);
    let d0 = f64x2(0, 0), d1 = f64x2(0, 0), dx0 = f64x2(0, 0), dx1 = f64x2(0, 0);
    for (let p = n.x + at; p < last; ) {
      const stop = min(last, p + RUN * row);
      let sum = zero, product = zero;
      for (; p < stop; p += row) {
        const hat = f32x4.mul(f32x4.sub(v128.load(p), mean), inverse);
        const dy = v128.load(p + between);
        const d = v128.bitselect(dy, f32x4.mul(dy, slope), f32x4.gt(madd(gain, hat, bias), zero));
        sum = f32x4.add(sum, d);
        product = madd(d, hat, product);
      }
      d0 = f64x2.add(d0, f64x2.promote_low_f32x4(sum));
      d1 = f64x2.add(d1, f64x2.promote_low_f32x4(high(sum)));
      dx0 = f64x2.add(dx0, f64x2.promote_low_f32x4(product));
      dx1 = f64x2.add(dx1, f64x2.promote_low_f32x4(high(product)));
    }
    v128.store(n.dbeta + own, joined(d0, d1));
    v128.store(n.dgamma + own, joined(dx0, dx1));
    const count = f64x2.splat(<f64>n.pixels);
    const meanD = joined(f64x2.div(d0, count), f64x2.div(d1, count));
    const meanDx = joined(f64x2.div(dx0, count), f64x2.div(dx1, count));
    const scale = f32x4.mul(gain, inverse);
    let out = n.out + at;
    for (let p = n.x + at; p < last; p += row, out += row) {
      const hat = f32x4.mul(f32x4.sub(v128.load(p), mean), inverse);
      const dy = v128.load(p + between);
      const d = v128.bitselect(dy, f32x4.mul(dy, slope), f32x4.gt(madd(gain, hat, bias), zero));
      v128.store(out, f32x4.mul(scale, f32x4.sub(f32x4.sub(d, meanD), f32x4.mul(hat, meanDx))));
    }
  }
}
