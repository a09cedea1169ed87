import { describe, expect, it } from "vitest";
import { Random } from "../../base/random/index.ts";
import { smoothField } from "./smooth-field.ts";
import { randomWaves } from "./waves.ts";

const moments = (values: ArrayLike<number>) => {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    sum += values[i]!;
    squares += values[i]! ** 2;
  }
  const mean = sum / values.length;
  return { mean, sd: Math.sqrt(squares / values.length - mean * mean) };
};

describe("smoothField", () => {
  it("has zero mean and unit variance", () => {
    const { mean, sd } = moments(smoothField(new Random(3), [60, 50, 40], [1, 1, 2], 4));
    expect(Math.abs(mean)).toBeLessThan(0.1);
    expect(sd).toBeGreaterThan(0.9);
    expect(sd).toBeLessThan(1.1);
  });

  it("is smooth: neighbours a tenth of its scale apart differ little", () => {
    const field = smoothField(new Random(4), [100, 4, 4], [1, 1, 1], 10);
    let largest = 0;
    for (let i = 1; i < 100; i++) largest = Math.max(largest, Math.abs(field[i]! - field[i - 1]!));
    expect(largest).toBeGreaterThan(0);
    expect(largest).toBeLessThan(0.6);
  });
});

describe("randomWaves", () => {
  it("has unit variance over space, and the gradient is its slope", () => {
    const waves = randomWaves(new Random(5), [10, 20], 40);
    const values = new Float64Array(4000);
    const random = new Random(6);
    for (let i = 0; i < values.length; i++)
      values[i] = waves.at(random.uniform(0, 500), random.uniform(0, 500), random.uniform(0, 500));
    expect(moments(values).sd).toBeGreaterThan(0.9);
    expect(moments(values).sd).toBeLessThan(1.1);
    const gradient = new Float64Array(3);
    expect(waves.withGradient(3, 4, 5, gradient)).toBeCloseTo(waves.at(3, 4, 5), 12);
    const h = 1e-5;
    const slope = (waves.at(3, 4 + h, 5) - waves.at(3, 4 - h, 5)) / (2 * h);
    expect(gradient[1]!).toBeCloseTo(slope, 6);
  });
});
