import { describe, expect, test } from "vitest";
import fixture from "../../../test/fixtures/volume/volume.json" with { type: "json" };
import type { Triple } from "./affine.ts";
import { otsuThreshold } from "./otsu.ts";
import { percentiles, statistics } from "./statistics.ts";
import { Volume } from "./volume.ts";

const c = fixture.numbers[0]!;
const volume = new Volume({ shape: c.shape as unknown as Triple, data: Float32Array.from(c.data) });
const mask = volume.with({ data: Uint8Array.from(c.mask) });
const relative = (actual: number, expected: number) =>
  Math.abs(actual - expected) / Math.max(1e-300, Math.abs(expected));

describe("against NumPy", () => {
  test.each([
    ["whole volume", undefined, c.all],
    ["mask", mask, c.masked],
  ] as const)("statistics over the %s", (_name, where, expected) => {
    const actual = statistics(volume, { mask: where });
    expect(actual.voxels).toBe(expected.voxels);
    expect(actual.nonFinite).toBe(0);
    for (const key of ["min", "max", "mean", "sd", "median"] as const)
      expect(relative(actual[key], expected[key]), key).toBeLessThan(1e-12);
  });

  test("percentiles", () => {
    for (const [i, v] of percentiles(volume, c.percents).entries())
      expect(relative(v, c.percentiles[i]!)).toBeLessThan(1e-12);
    for (const [i, v] of percentiles(volume, c.percents, { mask }).entries())
      expect(relative(v, c.maskedPercentiles[i]!)).toBeLessThan(1e-12);
  });

  test("Otsu's threshold: scikit-image names the centre of the bin whose upper edge we give", () => {
    const ours = otsuThreshold(Float32Array.from(c.two));
    expect(ours - c.binWidth / 2).toBeCloseTo(c.otsu, 3);
  });
});

test("between two classes that lie far apart Otsu's threshold is in the middle", () => {
  const values = Float32Array.from({ length: 100 }, (_, i) => (i < 30 ? 300 : i % 11));
  expect(otsuThreshold(values)).toBeGreaterThan(140);
  expect(otsuThreshold(values)).toBeLessThan(170);
});

test("NaN and infinite voxels are counted, not used", () => {
  const data = Float32Array.of(1, Number.NaN, 3, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2);
  const odd = new Volume({ shape: [6, 1, 1], data });
  expect(statistics(odd)).toMatchObject({ voxels: 3, nonFinite: 3, min: 1, max: 3, mean: 2, median: 2 });
  expect(percentiles(odd, [50])).toEqual([2]);
  expect(odd.data[0]).toBe(1); // sorting must not touch the volume
});

test("percentiles of whole numbers are those of the floats that they mean", () => {
  const percents = [0, 0.5, 31.7, 50, 99.5, 100];
  const data = Int16Array.from({ length: 4000 }, (_, n) => ((n * 7919) % 65_536) - 32_768);
  for (const stored of [data, Uint16Array.from(data), Int8Array.from(data), Uint8Array.from(data)])
    for (const [slope, intercept] of [
      [1, 0],
      [-0.37, 12.5],
      [1e-9, 1],
      [1e36, 0],
    ] as const) {
      const short = new Volume({ shape: [20, 20, 10], data: stored, scaling: { slope, intercept } });
      const floats = new Volume({ shape: [20, 20, 10], data: short.values() });
      expect(percentiles(short, percents)).toEqual(percentiles(floats, percents));
    }
});

test("nothing to take statistics of, and percents out of range", () => {
  const nothing = mask.with({ data: new Uint8Array(mask.size) });
  expect(() => statistics(volume, { mask: nothing })).toThrow(/no finite voxel/);
  expect(() => percentiles(volume, [101])).toThrow(/0 to 100/);
  expect(() =>
    statistics(volume, { mask: volume.with({ affine: [2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] }) }),
  ).toThrow(/different grids/);
});
