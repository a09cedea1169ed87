import { describe, expect, test } from "vitest";
import fixture from "../../../test/fixtures/volume/resample.json" with { type: "json" };
import type { Triple } from "./affine.ts";
import { reorient } from "./orientation.ts";
import { type Interpolation, resample } from "./resample.ts";
import { Volume, type VolumeData } from "./volume.ts";

const triple = (n: readonly number[]) => n as unknown as Triple;
const KINDS = ["nearest", "linear", "cubic"] as const;
/** The bar: of the range of the values. They are kept to 8 digits and computed in float32. */
const CLOSE = 1e-6;

describe.each(fixture.map((c) => [c.name, c] as const))("%s", (_name, c) => {
  const source = new Volume({ shape: triple(c.shape), data: Int16Array.from(c.data), affine: c.affine });
  const like = { shape: triple(c.toShape), affine: c.toAffine };
  const range = Math.max(...c.data) - Math.min(...c.data);
  const sampled = (volume: Volume, interpolation: Interpolation) =>
    resample(volume, { like, interpolation, fill: -5000, antialias: false });
  const worst = (out: Volume, expected: readonly number[], where: (i: number) => boolean = () => true) => {
    let most = 0;
    out.values().forEach((v, i) => {
      if (where(i)) most = Math.max(most, Math.abs(v - expected[i]!));
    });
    return most / range;
  };

  test.each(KINDS)("%s as SciPy, up to the border and beyond", (kind) => {
    expect(worst(sampled(source, kind), c[kind])).toBeLessThan(CLOSE);
  });

  test.each(KINDS)("%s as SimpleITK, within the outermost centres", (kind) => {
    if (!c.itk) return; // it knows no shear
    const far = (i: number) => c.inside[i] === 1;
    expect(c.inside.filter(Boolean).length).toBeGreaterThan(50);
    expect(worst(sampled(source, kind), c.itk[kind], far)).toBeLessThan(1e-4);
  });

  test("other axes in memory, other types, other scaling: the same", () => {
    const stored: VolumeData[] = [Float32Array, Float64Array, Int32Array].map((type) => type.from(c.data));
    const sources = [
      ...["LPI", "SAR", "PIR"].map((codes) => reorient(source, codes)),
      ...stored.map((data) => source.with({ data })),
      source.with({
        data: Uint16Array.from(c.data, (v) => v + 6000),
        scaling: { slope: 1, intercept: -6000 },
      }),
    ];
    for (const other of sources)
      for (const kind of KINDS) expect(worst(sampled(other, kind), c[kind]), kind).toBeLessThan(CLOSE);
  });
});

test("smoothing follows axes that change places, and writes into nobody's data", () => {
  const c = fixture[0]!;
  const source = new Volume({ shape: triple(c.shape), data: Float32Array.from(c.data), affine: c.affine });
  const coarse = resample(source, { spacing: [2.5, 1.7, 4] });
  for (const interpolation of ["linear", "cubic"] as const) {
    const expected = resample(source, { like: coarse, interpolation });
    for (const codes of ["SAR", "PIL"]) {
      const turned = reorient(source, codes);
      const before = turned.values().slice();
      const out = resample(turned, { like: coarse, interpolation });
      for (const [i, v] of expected.data.entries()) expect(Math.abs(out.data[i]! - v)).toBeLessThan(1e-3);
      expect(turned.values()).toEqual(before);
    }
  }
  expect([...source.data]).toEqual(c.data);
});

test("cubic passes through the values, and overshoots at edges", () => {
  const data = Float32Array.from({ length: 9 }, (_, i) => (i < 4 ? 0 : 100));
  const edge = new Volume({ shape: [9, 1, 1], data });
  const out = resample(edge, { spacing: [1 / 3, 1, 1], interpolation: "cubic", fill: "border" });
  for (let i = 0; i < 9; i++) expect(out.data[3 * i + 1]).toBeCloseTo(data[i]!, 4);
  expect(Math.max(...out.data)).toBeGreaterThan(105);
  expect(Math.min(...out.data)).toBeLessThan(-5);
});

test("single voxels and single slices", () => {
  const one = new Volume({ shape: [1, 1, 1], data: Float32Array.of(7) });
  const slice = new Volume({ shape: [3, 3, 1], data: Float32Array.from({ length: 9 }, (_, i) => i) });
  for (const interpolation of KINDS) {
    const out = resample(one, { spacing: [0.5, 0.5, 0.5], interpolation });
    expect([...out.data]).toEqual(new Array(8).fill(7));
    const thick = resample(slice, { spacing: [1, 1, 0.25], interpolation });
    for (const [i, v] of thick.data.entries()) expect(v).toBeCloseTo(i % 9, 5);
  }
});

test("an unknown interpolation or fill is refused", () => {
  const one = new Volume({ shape: [1, 1, 1], data: Float32Array.of(7) });
  expect(() => resample(one, { spacing: [2, 2, 2], interpolation: "spline" as "cubic" })).toThrow(
    /nearest, linear, cubic/,
  );
  expect(() => resample(one, { spacing: [2, 2, 2], fill: "edge" as "border" })).toThrow(/fill must be/);
});

test("a fill that the stored type can't hold becomes the nearest that it can", () => {
  const ct = new Volume({
    shape: [1, 1, 1],
    data: Uint8Array.of(40),
    scaling: { slope: 1, intercept: -100 },
    unit: "HU",
  });
  const like = { shape: [3, 1, 1] as const, affine: [1, 0, 0, -1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] };
  expect([...resample(ct, { like, interpolation: "nearest" }).values()]).toEqual([-100, -60, -100]);
});
