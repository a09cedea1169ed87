/**
 * The transforms of Winograd's minimal filtering F(4×4, 3×3) (Lavin and Gray 2016) at the points 0, ±A, ±B, ∞. With A = 1/√2 and
 * B = √2 the rounding error in float32 is about half of that of the usual 1 and 2 (Barabasz et al. 2020 discuss points).
 */
import { madd, nmadd } from "./simd";

const A2: f32 = 0.5;
const B2: f32 = 2.0;
const A: f32 = 0.70710678118654752;
const B: f32 = 1.4142135623730951;

@inline
function all(v: f32): v128 {
  return f32x4.splat(v);
}

/** Bᵀ · d along one axis: reads 6 vectors `from` bytes apart, writes 6 `to` bytes apart. */
@inline
export function input6(d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128, out: usize, to: usize): void {
  const evenA = nmadd(all(B2), d2, d4);
  const oddA = f32x4.mul(all(A), nmadd(all(B2), d1, d3));
  const evenB = nmadd(all(A2), d2, d4);
  const oddB = f32x4.mul(all(B), nmadd(all(A2), d1, d3));
  v128.store(out, f32x4.add(nmadd(all(A2 + B2), d2, d4), d0)); // A²B² = 1
  v128.store(out + to, f32x4.add(evenA, oddA));
  v128.store(out + 2 * to, f32x4.sub(evenA, oddA));
  v128.store(out + 3 * to, f32x4.add(evenB, oddB));
  v128.store(out + 4 * to, f32x4.sub(evenB, oddB));
  v128.store(out + 5 * to, f32x4.add(nmadd(all(A2 + B2), d3, d5), d1));
}

/** Aᵀ · m along one axis, 6 -> 4. */
@inline
export function output4(m: usize, from: usize, out: usize, to: usize): void {
  const m0 = v128.load(m), m1 = v128.load(m + from), m2 = v128.load(m + 2 * from);
  const m3 = v128.load(m + 3 * from), m4 = v128.load(m + 4 * from), m5 = v128.load(m + 5 * from);
  const sA = f32x4.add(m1, m2), dA = f32x4.sub(m1, m2);
  const sB = f32x4.add(m3, m4), dB = f32x4.sub(m3, m4);
  v128.store(out, f32x4.add(m0, f32x4.add(sA, sB)));
  v128.store(out + to, madd(all(A), dA, f32x4.mul(all(B), dB)));
  v128.store(out + 2 * to, madd(all(A2), sA, f32x4.mul(all(B2), sB)));
  v128.store(out + 3 * to, f32x4.add(m5, madd(all(A * A2), dA, f32x4.mul(all(B * B2), dB))));
}

/** A · y along one axis, 4 -> 6: the gradient of {@link output4}. */
@inline
export function outputGradient6(y0: v128, y1: v128, y2: v128, y3: v128, out: usize, to: usize): void {
  const evenA = madd(all(A2), y2, y0), oddA = madd(all(A * A2), y3, f32x4.mul(all(A), y1));
  const evenB = madd(all(B2), y2, y0), oddB = madd(all(B * B2), y3, f32x4.mul(all(B), y1));
  v128.store(out, y0);
  v128.store(out + to, f32x4.add(evenA, oddA));
  v128.store(out + 2 * to, f32x4.sub(evenA, oddA));
  v128.store(out + 3 * to, f32x4.add(evenB, oddB));
  v128.store(out + 4 * to, f32x4.sub(evenB, oddB));
  v128.store(out + 5 * to, y3);
}

// N at 0: A²B² = 1; at ±A: 2A²(A² - B²) = -1.5; at ±B: 2B²(B² - A²) = 6.
const NA: f32 = 1.0 / -1.5;
const NB: f32 = 1.0 / 6.0;

/** G · g along one axis, 3 -> 6. */
@inline
export function filter6(g0: v128, g1: v128, g2: v128, out: usize, to: usize): void {
  const evenA = f32x4.mul(all(NA), madd(all(A2), g2, g0)), oddA = f32x4.mul(all(NA * A), g1);
  const evenB = f32x4.mul(all(NB), madd(all(B2), g2, g0)), oddB = f32x4.mul(all(NB * B), g1);
  v128.store(out, g0);
  v128.store(out + to, f32x4.add(evenA, oddA));
  v128.store(out + 2 * to, f32x4.sub(evenA, oddA));
  v128.store(out + 3 * to, f32x4.add(evenB, oddB));
  v128.store(out + 4 * to, f32x4.sub(evenB, oddB));
  v128.store(out + 5 * to, g2);
}

/** Gᵀ · u along one axis, 6 -> 3: the gradient of {@link filter6}. */
@inline
export function filterGradient3(u0: v128, u1: v128, u2: v128, u3: v128, u4: v128, u5: v128, out: usize, to: usize): void {
  const sA = f32x4.mul(all(NA), f32x4.add(u1, u2)), dA = f32x4.mul(all(NA * A), f32x4.sub(u1, u2));
  const sB = f32x4.mul(all(NB), f32x4.add(u3, u4)), dB = f32x4.mul(all(NB * B), f32x4.sub(u3, u4));
  v128.store(out, f32x4.add(u0, f32x4.add(sA, sB)));
  v128.store(out + to, f32x4.add(dA, dB));
  v128.store(out + 2 * to, f32x4.add(madd(all(A2), sA, f32x4.mul(all(B2), sB)), u5));
}
