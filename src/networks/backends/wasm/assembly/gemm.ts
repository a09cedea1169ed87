import { madd } from "./simd";

/**
 * C[rows, 8] = A[rows, k] · B[k, 8]; k is even. B is packed: its rows of 8 lie one after the other. Strides in bytes.
 */
export function gemmPanel(
  a: usize, aRow: usize,
  b: usize,
  c: usize, cRow: usize,
  rows: i32, k: i32,
): void {
  let r = 0;
  for (; r + 4 <= rows; r += 4) {
    const end = a + (<usize>k << 2);
    let a0 = a;
    let a1 = a0 + aRow;
    let a2 = a1 + aRow;
    let a3 = a2 + aRow;
    let p = b;
    let c00 = f32x4(0, 0, 0, 0), c01 = f32x4(0, 0, 0, 0);
    let c10 = f32x4(0, 0, 0, 0), c11 = f32x4(0, 0, 0, 0);
    let c20 = f32x4(0, 0, 0, 0), c21 = f32x4(0, 0, 0, 0);
    let c30 = f32x4(0, 0, 0, 0), c31 = f32x4(0, 0, 0, 0);
    while (a0 < end) { // more at a time would need more registers than there are
      let b0 = v128.load(p), b1 = v128.load(p, 16);
      let s = v128.load32_splat(a0);
      c00 = madd(s, b0, c00); c01 = madd(s, b1, c01);
      s = v128.load32_splat(a1);
      c10 = madd(s, b0, c10); c11 = madd(s, b1, c11);
      s = v128.load32_splat(a2);
      c20 = madd(s, b0, c20); c21 = madd(s, b1, c21);
      s = v128.load32_splat(a3);
      c30 = madd(s, b0, c30); c31 = madd(s, b1, c31);

      b0 = v128.load(p, 32); b1 = v128.load(p, 48);
      s = v128.load32_splat(a0, 4);
      c00 = madd(s, b0, c00); c01 = madd(s, b1, c01);
      s = v128.load32_splat(a1, 4);
      c10 = madd(s, b0, c10); c11 = madd(s, b1, c11);
      s = v128.load32_splat(a2, 4);
      c20 = madd(s, b0, c20); c21 = madd(s, b1, c21);
      s = v128.load32_splat(a3, 4);
      c30 = madd(s, b0, c30); c31 = madd(s, b1, c31);
      a0 += 8; a1 += 8; a2 += 8; a3 += 8;
      p += 64;
    }
    v128.store(c, c00); v128.store(c, c01, 16);
    let out = c + cRow;
    v128.store(out, c10); v128.store(out, c11, 16);
    out += cRow;
    v128.store(out, c20); v128.store(out, c21, 16);
    out += cRow;
    v128.store(out, c30); v128.store(out, c31, 16);
    c = out + cRow;
    a += aRow << 2;
  }
  for (; r < rows; r++) {
    let p = b;
    let c0 = f32x4(0, 0, 0, 0), c1 = f32x4(0, 0, 0, 0);
    for (let i: usize = 0; i < <usize>k << 2; i += 4, p += 32) {
      const s = v128.load32_splat(a + i);
      c0 = madd(s, v128.load(p), c0);
      c1 = madd(s, v128.load(p, 16), c1);
    }
    v128.store(c, c0); v128.store(c, c1, 16);
    a += aRow;
    c += cRow;
  }
}

/**
 * C[4, 8] = Aᵀ · B over the rows of A[rows, 4] and B[rows, 8], added to C unless `fresh`: a product of tall matrices, summed over their
 * rows. These may come in several stretches of `rows`. Strides in bytes.
 */
export function gemmTall(
  a: usize, aRow: usize,
  b: usize, bRow: usize,
  c: usize, cRow: usize,
  rows: i32, fresh: bool,
  stretches: i32 = 1, aStretch: usize = 0, bStretch: usize = 0,
): void {
  const r1 = c + cRow, r2 = r1 + cRow, r3 = r2 + cRow;
  let c00 = f32x4(0, 0, 0, 0), c01 = f32x4(0, 0, 0, 0);
  let c10 = f32x4(0, 0, 0, 0), c11 = f32x4(0, 0, 0, 0);
  let c20 = f32x4(0, 0, 0, 0), c21 = f32x4(0, 0, 0, 0);
  let c30 = f32x4(0, 0, 0, 0), c31 = f32x4(0, 0, 0, 0);
  if (!fresh) {
    c00 = v128.load(c); c01 = v128.load(c, 16);
    c10 = v128.load(r1); c11 = v128.load(r1, 16);
    c20 = v128.load(r2); c21 = v128.load(r2, 16);
    c30 = v128.load(r3); c31 = v128.load(r3, 16);
  }
  for (let stretch = 0; stretch < stretches; stretch++) {
    let p = a, q = b;
    for (let i = 0; i < rows; i++) {
      const b0 = v128.load(q), b1 = v128.load(q, 16);
      let s = v128.load32_splat(p);
      c00 = madd(s, b0, c00); c01 = madd(s, b1, c01);
      s = v128.load32_splat(p, 4);
      c10 = madd(s, b0, c10); c11 = madd(s, b1, c11);
      s = v128.load32_splat(p, 8);
      c20 = madd(s, b0, c20); c21 = madd(s, b1, c21);
      s = v128.load32_splat(p, 12);
      c30 = madd(s, b0, c30); c31 = madd(s, b1, c31);
      p += aRow;
      q += bRow;
    }
    a += aStretch;
    b += bStretch;
  }
  v128.store(c, c00); v128.store(c, c01, 16);
  v128.store(r1, c10); v128.store(r1, c11, 16);
  v128.store(r2, c20); v128.store(r2, c21, 16);
  v128.store(r3, c30); v128.store(r3, c31, 16);
}
