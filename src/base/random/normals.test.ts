import { expect, test } from "vitest";
import { fillNormals } from "./normals.ts";
import { Random } from "./random.ts";

const drawn = (seed: number | string, n: number) => {
  const out = new Float32Array(n);
  fillNormals(out, new Random(seed));
  return out;
};

test("moments and quantiles are those of the normal distribution", () => {
  const n = 400_000;
  const values = drawn(5, n).map((v) => v);
  const moment = (power: number) => values.reduce((sum, v) => sum + v ** power, 0) / n;
  expect(Math.abs(moment(1))).toBeLessThan(4 / Math.sqrt(n));
  expect(Math.abs(moment(2) - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
  expect(Math.abs(moment(3))).toBeLessThan(4 * Math.sqrt(15 / n));
  expect(Math.abs(moment(4) - 3)).toBeLessThan(4 * Math.sqrt(96 / n));
  // Each quantile within 4 standard errors of its share, the tail of the ziggurat (beyond 3.44) too.
  for (const [x, share] of [
    [-3.6, 0.00015910859],
    [-2, 0.0227501319],
    [-0.5, 0.3085375387],
    [0.1, 0.5398278373],
    [1.3, 0.9031995154],
    [3.5, 0.9997673709],
  ] as const) {
    const below = values.reduce((count, v) => count + (v < x ? 1 : 0), 0) / n;
    expect(Math.abs(below - share), `below ${x}`).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / n));
  }
});

test("the same seed gives the same values, another seed others, and neighbours do not resemble each other", () => {
  expect(drawn("a", 50)).toEqual(drawn("a", 50));
  expect(drawn("a", 50)).not.toEqual(drawn("b", 50));
  const n = 100_000;
  const values = drawn(9, n);
  for (const lag of [1, 2, 3]) {
    let sum = 0;
    for (let i = lag; i < n; i++) sum += values[i]! * values[i - lag]!;
    expect(Math.abs(sum / n)).toBeLessThan(4 / Math.sqrt(n));
  }
});
