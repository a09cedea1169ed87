import { describe, expect, test } from "vitest";
import fixture from "../../../test/fixtures/volume/volume.json" with { type: "json" };
import { product } from "../../base/bytes/index.ts";
import type { Triple } from "./affine.ts";
import { resample } from "./resample.ts";
import { Volume } from "./volume.ts";

const triple = (n: readonly number[]) => n as unknown as Triple;

describe.each(fixture.resamplings.map((c) => [c.name, c] as const))("against SciPy: %s", (_name, c) => {
  const source = new Volume({
    shape: triple(c.shape),
    data: Int16Array.from(c.data),
    affine: c.affine,
    unit: "HU",
  });
  const like = { shape: triple(c.toShape), affine: c.toAffine };

  test("linear", () => {
    const out = resample(source, { like, fill: c.fill, antialias: false });
    expect(out.shape).toEqual(c.toShape);
    expect(out.affine).toEqual(c.toAffine);
    expect(out.data).toBeInstanceOf(Float32Array);
    const worst = Math.max(...c.linear.map((v, i) => Math.abs(out.data[i]! - v)));
    expect(worst).toBeLessThan(300 * 4e-6); // values of SD 300 in float32
  });

  test("nearest keeps the type", () => {
    const out = resample(source, { like, fill: c.fill, interpolation: "nearest" });
    expect(out.data).toBeInstanceOf(Int16Array);
    expect([...out.data]).toEqual(c.nearest);
  });

  test("scaled storage gives the same", () => {
    const scaled = source.with({
      data: Int16Array.from(source.data, (v) => v * 2 + 6),
      scaling: { slope: 0.5, intercept: -3 },
    });
    for (const interpolation of ["linear", "nearest"] as const) {
      const [a, b] = [source, scaled].map((v) =>
        resample(v, { like, fill: c.fill, interpolation, antialias: false }).values(),
      );
      expect([...b!]).toEqual([...a!]);
    }
  });
});

test.each(fixture.spacings.map((c) => [c.spacing.join("×"), c] as const))(
  "the grid at %s mm keeps its outer corner",
  (_name, c) => {
    const size = product(c.shape);
    const source = new Volume({ shape: triple(c.shape), data: new Float32Array(size), affine: c.affine });
    const out = resample(source, { spacing: triple(c.spacing) });
    expect(out.shape).toEqual(c.toShape);
    for (const [n, v] of c.toAffine.entries()) expect(out.affine[n]).toBeCloseTo(v, 10);
  },
);

test("beyond the field of view HU are air, an MR is as its background, and unknown units are 0", () => {
  const like = { shape: [1, 1, 1] as const, affine: [1, 0, 0, 99, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] };
  const ct = new Volume({ shape: [1, 1, 1], data: Float32Array.of(40), unit: "HU" });
  expect(resample(ct, { like }).data[0]).toBe(-1024);
  expect(resample(ct.with({ unit: "arbitrary" }), { like }).data[0]).toBe(40);
  expect(resample(ct.with({ unit: "unknown" }), { like }).data[0]).toBe(0);
});

test("refuses both or none of spacing and like, and takes a signal", () => {
  const volume = new Volume({ shape: [2, 2, 2], data: new Float32Array(8) });
  expect(() => resample(volume, {})).toThrow(/either spacing or like/);
  expect(() => resample(volume, { spacing: [1, 1, 1], like: volume })).toThrow(/either spacing or like/);
  expect(() => resample(volume, { spacing: [1, 0, 1] })).toThrow(/positive/);
  expect(() => resample(volume, { spacing: [2, 2, 2], signal: AbortSignal.abort() })).toThrow(/cancelled/);
});

describe("voxels far larger than the volume", () => {
  test("are refused, since nothing but the border would be left", () => {
    const small = new Volume({ shape: [4, 4, 4], data: Float32Array.from({ length: 64 }, (_, i) => i) });
    expect(resample(small, { spacing: [4, 4, 4] }).shape).toEqual([1, 1, 1]);
    expect(() => resample(small, { spacing: [1, 1, 1e5] })).toThrow(
      /25000 times as large as the whole volume along its axis k; check the spacing/,
    );
  });

  test("and far smaller ones, for which there is no memory", () => {
    const small = new Volume({ shape: [4, 4, 4], data: new Uint8Array(64) });
    expect(() => resample(small, { spacing: [0.001, 0.001, 0.001] })).toThrow(
      /would have 4000×4000×4000 voxels, more than 536870912; check the spacing/,
    );
  });
});
