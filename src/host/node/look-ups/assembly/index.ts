/** What `count` words stand for by a table of floats, `step` bytes apart. */
export function words(codes: usize, table: usize, out: usize, count: i32, step: usize): void {
  const end = codes + 2 * <usize>(count & ~3);
  const last = codes + 2 * <usize>count;
  while (codes < end) {
    const four = load<u64>(codes);
    store<u32>(out, load<u32>(table + ((<usize>four & 0xffff) << 2)));
    store<u32>(out + step, load<u32>(table + ((<usize>(four >> 16) & 0xffff) << 2)));
    store<u32>(out + 2 * step, load<u32>(table + ((<usize>(four >> 32) & 0xffff) << 2)));
    store<u32>(out + 3 * step, load<u32>(table + (<usize>(four >> 48) << 2)));
    codes += 8;
    out += 4 * step;
  }
  for (; codes < last; codes += 2, out += step) store<u32>(out, load<u32>(table + (<usize>load<u16>(codes) << 2)));
}

/** The same of bytes. */
export function bytes(codes: usize, table: usize, out: usize, count: i32, step: usize): void {
  const last = codes + <usize>count;
  for (; codes < last; codes++, out += step) store<u32>(out, load<u32>(table + (<usize>load<u8>(codes) << 2)));
}

/** The same of bytes below 16, side by side: sixteen at a time, each byte of their floats from a table in a register. */
export function few(codes: usize, table: usize, out: usize, count: i32): void {
  const all = <usize>(count & ~15);
  const end = codes + all;
  const rest = count & 15;
  const b0 = nth(table, 0);
  const b1 = nth(table, 1);
  const b2 = nth(table, 2);
  const b3 = nth(table, 3);
  while (codes < end) {
    const sixteen = v128.load(codes);
    const x0 = i8x16.swizzle(b0, sixteen);
    const x1 = i8x16.swizzle(b1, sixteen);
    const x2 = i8x16.swizzle(b2, sixteen);
    const x3 = i8x16.swizzle(b3, sixteen);
    const low01 = v128.shuffle<u8>(x0, x1, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const high01 = v128.shuffle<u8>(x0, x1, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    const low23 = v128.shuffle<u8>(x2, x3, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const high23 = v128.shuffle<u8>(x2, x3, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    v128.store(out, v128.shuffle<u16>(low01, low23, 0, 8, 1, 9, 2, 10, 3, 11));
    v128.store(out, v128.shuffle<u16>(low01, low23, 4, 12, 5, 13, 6, 14, 7, 15), 16);
    v128.store(out, v128.shuffle<u16>(high01, high23, 0, 8, 1, 9, 2, 10, 3, 11), 32);
    v128.store(out, v128.shuffle<u16>(high01, high23, 4, 12, 5, 13, 6, 14, 7, 15), 48);
    codes += 16;
    out += 64;
  }
  bytes(codes, table, out, rest, 4);
}

/** Byte `n` of each of a table's first 16 floats. */
@inline
function nth(table: usize, n: usize): v128 {
  let found = i8x16.splat(0);
  found = i8x16.replace_lane(found, 0, load<u8>(table + n));
  found = i8x16.replace_lane(found, 1, load<u8>(table + n, 4));
  found = i8x16.replace_lane(found, 2, load<u8>(table + n, 8));
  found = i8x16.replace_lane(found, 3, load<u8>(table + n, 12));
  found = i8x16.replace_lane(found, 4, load<u8>(table + n, 16));
  found = i8x16.replace_lane(found, 5, load<u8>(table + n, 20));
  found = i8x16.replace_lane(found, 6, load<u8>(table + n, 24));
  found = i8x16.replace_lane(found, 7, load<u8>(table + n, 28));
  found = i8x16.replace_lane(found, 8, load<u8>(table + n, 32));
  found = i8x16.replace_lane(found, 9, load<u8>(table + n, 36));
  found = i8x16.replace_lane(found, 10, load<u8>(table + n, 40));
  found = i8x16.replace_lane(found, 11, load<u8>(table + n, 44));
  found = i8x16.replace_lane(found, 12, load<u8>(table + n, 48));
  found = i8x16.replace_lane(found, 13, load<u8>(table + n, 52));
  found = i8x16.replace_lane(found, 14, load<u8>(table + n, 56));
  return i8x16.replace_lane(found, 15, load<u8>(table + n, 60));
}
