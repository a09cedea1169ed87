import { describe, expect, test } from "vitest";
import fixture from "../../../test/fixtures/volume/volume.json" with { type: "json" };
import type { Triple } from "./affine.ts";
import { orientationOf, reorient } from "./orientation.ts";
import { Volume } from "./volume.ts";

describe("against nibabel", () => {
  const cases = fixture.orientations.map((c) => [`${c.name} to ${c.to}`, c] as const);
  test.each(cases)("%s", (_name, c) => {
    const data = Int16Array.from({ length: 24 }, () => 0);
    // The fixture numbers voxels in C order: value = (i · 3 + j) · 4 + k.
    for (let i = 0; i < 2; i++)
      for (let j = 0; j < 3; j++) for (let k = 0; k < 4; k++) data[i + 2 * (j + 3 * k)] = (i * 3 + j) * 4 + k;
    const source = new Volume({
      shape: c.shape as unknown as Triple,
      data,
      affine: c.affine,
      scaling: { slope: 2, intercept: 1 },
      unit: "HU",
    });
    expect(orientationOf(c.affine)).toBe(c.codes);
    const out = reorient(source, c.to);
    expect(out.shape).toEqual(c.outShape);
    expect([...out.data]).toEqual(c.outData);
    for (const [n, v] of c.outAffine.entries()) expect(out.affine[n]).toBeCloseTo(v, 10);
    expect(out.data).toBeInstanceOf(Int16Array);
    expect(out.scaling).toEqual(source.scaling);
    // And back again, bit for bit.
    const back = reorient(out, c.codes);
    expect([...back.data]).toEqual([...data]);
    for (const [n, v] of c.affine.entries()) expect(back.affine[n]).toBeCloseTo(v, 10);
  });
});

test("what already lies so is returned itself", () => {
  const volume = new Volume({ shape: [1, 1, 1], data: new Float32Array(1) });
  expect(reorient(volume, "ras")).toBe(volume);
});

test.each(["RAR", "RA", "XYZ", "RASP", ""])('"%s" is no orientation', (to) => {
  const volume = new Volume({ shape: [1, 1, 1], data: new Float32Array(1) });
  expect(() => reorient(volume, to)).toThrow(/no orientation/);
});
