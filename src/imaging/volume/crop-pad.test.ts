import fc from "fast-check";
import { expect, test } from "vitest";
import fixture from "../../../test/fixtures/volume/volume.json" with { type: "json" };
import { applyAffine, type Triple } from "./affine.ts";
import { cropOrPad, extract } from "./crop-pad.ts";
import { Volume } from "./volume.ts";

const triple = (n: readonly number[]) => n as unknown as Triple;

test.each(fixture.crops.map((c) => [c.to.join("×"), c] as const))("to %s, as NumPy", (_name, c) => {
  const volume = new Volume({ shape: triple(c.shape), data: Int16Array.from(c.data) });
  const out = cropOrPad(volume, triple(c.to), { fill: -1 });
  expect(out.shape).toEqual(c.to);
  expect([...out.data]).toEqual(c.out);
});

test("every voxel stays where it was in the world", () => {
  const size = fc.integer({ min: 1, max: 7 });
  const shape = fc.tuple(size, size, size);
  const shift = fc.integer({ min: -4, max: 4 });
  const start = fc.tuple(shift, shift, shift);
  fc.assert(
    fc.property(shape, shape, start, (from, to, at: Triple) => {
      const affine = [1, 0.2, 0, 5, -0.1, 2, 0, 6, 0, 0.3, 3, 7, 0, 0, 0, 1];
      const n = from[0] * from[1] * from[2];
      const data = Float32Array.from({ length: n }, (_, i) => i + 1);
      const volume = new Volume({ shape: from, data, affine, scaling: { slope: 2, intercept: 5 } });
      const out = extract(volume, at, to, { fill: 0 });
      for (let k = 0; k < to[2]; k++)
        for (let j = 0; j < to[1]; j++)
          for (let i = 0; i < to[0]; i++) {
            const source: Triple = [i + at[0], j + at[1], k + at[2]];
            const inside = source.every((s, d) => s >= 0 && s < from[d]!);
            expect(out.at(i, j, k)).toBe(inside ? volume.at(...(source as [number, number, number])) : 0);
            const [p, q] = [applyAffine(out.affine, [i, j, k]), applyAffine(affine, source)];
            for (const d of [0, 1, 2] as const) expect(p[d]).toBeCloseTo(q[d], 9);
          }
    }),
    { numRuns: 40 },
  );
});

test("a CT is padded with -1024 HU, whatever its stored type and scaling", () => {
  const ct = new Volume({
    shape: [1, 1, 1],
    data: Uint16Array.of(1064),
    scaling: { slope: 1, intercept: -1024 },
    unit: "HU",
  });
  expect([...cropOrPad(ct, [3, 1, 1]).values()]).toEqual([-1024, 40, -1024]);
});

test("refuses fractions and empty boxes", () => {
  const volume = new Volume({ shape: [1, 1, 1], data: new Float32Array(1) });
  expect(() => extract(volume, [0.5, 0, 0], [1, 1, 1])).toThrow(/integers/);
  expect(() => extract(volume, [0, 0, 0], [1, 0, 1])).toThrow(/positive/);
});
