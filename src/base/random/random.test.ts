import { describe, expect, test } from "vitest";
import { Random } from "./random.ts";

const draw = (random: Random, n: number) => Array.from({ length: n }, () => random.next());

/** sfc32 as its author publishes it, in 32-bit unsigned arithmetic by BigInt: slow and plain. */
function sfc32([a, b, c, d]: readonly number[]): () => number {
  const word = 2n ** 32n;
  let s = [a, b, c, d].map((x) => BigInt.asUintN(32, BigInt(x!))) as [bigint, bigint, bigint, bigint];
  return () => {
    const [x, y, z, counter] = s;
    const out = (x + y + counter) % word;
    const rotated = ((z << 21n) | (z >> 11n)) % word;
    s = [y ^ (y >> 9n), (z + (z << 3n)) % word, (rotated + out) % word, (counter + 1n) % word];
    return Number(out);
  };
}

describe("Random", () => {
  test("words are those of sfc32, put together to 53 bits", () => {
    const random = new Random("check");
    const reference = sfc32(random.state().words);
    for (let i = 0; i < 1000; i++) {
      const [high, low] = [reference(), reference()];
      expect(random.next()).toBe(((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53);
    }
  });

  test("the same seed gives the same stream, another seed another", () => {
    expect(draw(new Random(7), 5)).toEqual(draw(new Random(7), 5));
    expect(draw(new Random(7), 5)).toEqual(draw(new Random("7"), 5));
    expect(draw(new Random(7), 5)).not.toEqual(draw(new Random(8), 5));
  });

  test("a fork neither moves its sibling nor resembles it", () => {
    const weights = draw(Random.fork(1, "weights"), 1000);
    expect(draw(Random.fork(1, "weights"), 1000)).toEqual(weights);
    const other = draw(Random.fork(1, "batches/0"), 1000);
    const correlation =
      weights.reduce((sum, v, i) => sum + (v - 0.5) * (other[i]! - 0.5), 0) / 1000 / (1 / 12);
    expect(Math.abs(correlation)).toBeLessThan(0.12); // 4 standard errors are 0.126
  });

  test("uniform moments and range", () => {
    const n = 100_000;
    const values = draw(new Random(3), n);
    const mean = values.reduce((a, b) => a + b, 0) / n;
    const variance = values.reduce((a, v) => a + (v - mean) ** 2, 0) / n;
    expect(Math.abs(mean - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / n));
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(4 * Math.sqrt(1 / 180 / n));
    expect(values.every((v) => v >= 0 && v < 1)).toBe(true);
    const random = new Random(4);
    for (let i = 0; i < 1000; i++) {
      const v = random.uniform(-2, 3);
      expect(v >= -2 && v < 3).toBe(true);
    }
  });

  test("normal moments up to the fourth", () => {
    const n = 100_000;
    const random = new Random(5);
    const values = Array.from({ length: n }, () => (random.normal(10, 2) - 10) / 2);
    const moment = (power: number) => values.reduce((a, v) => a + v ** power, 0) / n;
    // Standard errors of the sample moments of a normal: sqrt(1, 2, 15, 96 / n).
    expect(Math.abs(moment(1))).toBeLessThan(4 * Math.sqrt(1 / n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
    expect(Math.abs(moment(3))).toBeLessThan(4 * Math.sqrt(15 / n));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(4 * Math.sqrt(96 / n));
  });

  test("a restored state goes on exactly, between the two values of a normal pair too", () => {
    const random = new Random(6);
    random.normal();
    const state = JSON.parse(JSON.stringify(random.state()));
    expect(state.spare).not.toBeNull();
    const rest = (r: Random) => [
      r.normal(),
      r.next(),
      r.normal(),
      r.integer(100),
      ...r.shuffle([1, 2, 3, 4]),
    ];
    expect(rest(Random.restore(state))).toEqual(rest(random));
  });

  test("shuffle gives every order equally often and leaves the source alone", () => {
    const random = new Random(9);
    const source = [1, 2, 3];
    const counts = new Map<string, number>();
    const n = 12_000;
    for (let i = 0; i < n; i++) {
      const key = random.shuffle(source).join("");
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(source).toEqual([1, 2, 3]);
    expect(counts.size).toBe(6);
    const chi = [...counts.values()].reduce((sum, c) => sum + (c - n / 6) ** 2 / (n / 6), 0);
    expect(chi).toBeLessThan(20.5); // 99.9th percentile of chi² with 5 degrees of freedom
  });

  test("integers cover 0 to n - 1; anything else is refused", () => {
    const random = new Random(10);
    expect(new Set(Array.from({ length: 500 }, () => random.integer(7)))).toEqual(
      new Set([0, 1, 2, 3, 4, 5, 6]),
    );
    for (const n of [0, -1, 1.5, Number.NaN]) expect(() => random.integer(n)).toThrow(RangeError);
  });
});
