import { describe, expect, test } from "vitest";
import { foregroundMask } from "./body-mask.ts";
import { cleaned } from "./cleaned.ts";
import { synthradMask } from "./synthrad-mask.ts";
import { backgroundOf, usualRange } from "./usual-range.ts";
import { Volume } from "./volume.ts";

const n = 40;
/** A head of 300 to 700 in noise of 0 to 20, around an axis; a dark hollow in it. */
const values = Float32Array.from({ length: n ** 3 }, (_, i) => {
  const r = Math.hypot((i % n) - 20, (Math.floor(i / n) % n) - 20);
  const noise = (i * 7919) % 21;
  return r > 14 || r < 3 ? noise : 300 + 25 * r + noise;
});
const mr = new Volume({ shape: [n, n, n], data: values, unit: "arbitrary" });
/** In a volume of 64,000 voxels six are 0.01 %. */
const spikes = [5, 777, 12_345, 31_000, 32_820, 63_999];
const spiked = (value: number, data = values.slice()) => {
  for (const i of spikes) data[i] = value;
  return mr.with({ data });
};

describe("a handful of outliers", () => {
  test("none of them: the range is from the lowest to the highest value, to the last bit", () => {
    expect(usualRange(values)).toEqual([
      values.reduce((a, b) => Math.min(a, b)),
      values.reduce((a, b) => Math.max(a, b)),
    ]);
    expect(cleaned(mr)).toMatchObject({ volume: mr, nan: 0, outliers: 0 });
  });

  test.each([32_767, 65_535, 1e9, -32_768])("of %d become as what is around them", (value) => {
    const { volume, outliers } = cleaned(spiked(value));
    expect(outliers).toBe(spikes.length);
    for (const i of spikes) expect(Math.abs(volume.data[i]! - values[i]!)).toBeLessThan(150);
  });

  test.each([32_767, 65_535, -32_768])("of %d move no mask", (value) => {
    for (const mask of [foregroundMask, synthradMask]) {
      const [there, here] = [mask(spiked(value)).data, mask(mr).data];
      let apart = 0;
      for (let i = 0; i < here.length; i++) if (here[i] !== there[i]) apart++;
      expect(apart / here.length, mask.name).toBeLessThan(0.002);
    }
  });
});

describe("scale and zero", () => {
  test.each([
    [2, 500],
    [0.01, -3],
    [5, -1000],
    [1e-4, 100],
  ])("%d · MR + %d has the same foreground, and a background that moves along", (a, b) => {
    const other = mr.with({ data: values.map((v) => a * v + b) });
    expect(backgroundOf(other)).toBeCloseTo(a * backgroundOf(mr) + b, 3);
    const [there, here] = [foregroundMask(other).values(), foregroundMask(mr).values()];
    const apart = here.reduce((sum: number, v, i) => sum + Math.abs(v - there[i]!), 0);
    expect(apart / here.length).toBeLessThan(0.001);
  });

  test("a background of 100 with tissue below it is still outside", () => {
    const masked = mr.with({ data: values.map((v) => (v < 21 ? 100 : v)) });
    masked.data[20 + n * (20 + n * 20)] = 3;
    expect([...foregroundMask(masked).data]).toEqual([...foregroundMask(mr).data]);
  });
});

describe("NaN", () => {
  test("is 0 for an MR that begins near it, and the lowest value for one that does not", () => {
    const cut = (map: (v: number) => number) =>
      cleaned(mr.with({ data: values.map((v) => (v < 21 ? Number.NaN : map(v))) }));
    expect(cut((v) => v - 300)).toMatchObject({ background: 0, outliers: 0 });
    const { background, nan, volume } = cut((v) => v + 1000);
    expect(background).toBeGreaterThan(1300);
    expect(nan).toBe(values.filter((v) => v < 21).length);
    expect(volume.data.every(Number.isFinite)).toBe(true);
  });

  test("leaves the masks as they are", () => {
    const cut = mr.with({ data: values.map((v) => (v < 21 ? Number.NaN : v)) });
    const zero = mr.with({ data: values.map((v) => (v < 21 ? 0 : v)) });
    expect(foregroundMask(cut).data.length).toBe(n ** 3);
    expect([...foregroundMask(cleaned(cut).volume).data]).toEqual([...foregroundMask(zero).data]);
  });

  test("an infinite voxel stays, as may all that is not finite", () => {
    expect(
      cleaned(mr.with({ data: values.map((v, i) => (i === 9 ? Number.POSITIVE_INFINITY : v)) })).volume
        .data[9],
    ).toBe(Number.POSITIVE_INFINITY);
    const none = mr.with({ data: new Float32Array(n ** 3).fill(Number.NaN) });
    expect(cleaned(none).volume).toBe(none);
  });
});
