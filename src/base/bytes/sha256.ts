/** The first 32 bits behind the point of the square roots of the first 8 primes, and of the cube roots of the first 64 (FIPS 180-4). */
function constants(): { readonly start: Int32Array; readonly rounds: Int32Array } {
  const primes: number[] = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  const bits = (root: number) => (root % 1) * 2 ** 32;
  return {
    start: Int32Array.from(primes.slice(0, 8), (prime) => bits(Math.sqrt(prime))),
    rounds: Int32Array.from(primes, (prime) => bits(Math.cbrt(prime))),
  };
}

/**
 * The SHA-256 of parts one after the other, as 64 hexadecimal digits. At once, which `crypto.subtle` isn't, and a tenth of what a library of
 * hashes adds to a page.
 */
export function sha256(parts: readonly Uint8Array[]): string {
  const { start: state, rounds } = constants();
  const words = new Int32Array(64);
  const block = new Uint8Array(64);
  const view = new DataView(block.buffer);
  let filled = 0;
  let bytes = 0;
  const add = (part: Uint8Array) => {
    bytes += part.length;
    let at = 0;
    if (filled > 0) {
      const piece = part.subarray(0, 64 - filled);
      block.set(piece, filled);
      at = piece.length;
      filled += at;
      if (filled < 64) return;
      compress(state, words, view, 0, rounds);
    }
    const whole = new DataView(part.buffer, part.byteOffset, part.byteLength);
    for (; at + 64 <= part.length; at += 64) compress(state, words, whole, at, rounds);
    block.set(part.subarray(at));
    filled = part.length - at;
  };
  for (const part of parts) add(part);
  const bits = bytes * 8;
  add(Uint8Array.of(0x80));
  add(new Uint8Array((120 - filled) % 64)); // up to the last 8 bytes of a block
  const end = new DataView(new ArrayBuffer(8));
  end.setBigUint64(0, BigInt(bits));
  add(new Uint8Array(end.buffer));
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

/** One block of 64 bytes, from `at` on. */
function compress(
  state: Int32Array,
  words: Int32Array,
  block: DataView,
  at: number,
  rounds: Int32Array,
): void {
  for (let n = 0; n < 16; n++) words[n] = block.getInt32(at + 4 * n);
  for (let n = 16; n < 64; n++) {
    const early = words[n - 15]!;
    const late = words[n - 2]!;
    const first = turn(early, 7) ^ turn(early, 18) ^ (early >>> 3);
    const second = turn(late, 17) ^ turn(late, 19) ^ (late >>> 10);
    words[n] = (words[n - 16]! + first + words[n - 7]! + second) | 0;
  }
  // No destructuring and no method of arrays here: they take longer than the hash.
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let n = 0; n < 64; n++) {
    const choice = (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g));
    const one = (h + choice + rounds[n]! + words[n]!) | 0;
    const two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
  state[4]! += e;
  state[5]! += f;
  state[6]! += g;
  state[7]! += h;
}

/** To the right; what falls out comes in at the left. */
function turn(word: number, places: number): number {
  return (word >>> places) | (word << (32 - places));
}
