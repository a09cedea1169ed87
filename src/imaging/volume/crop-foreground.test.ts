import fc from "fast-check";
import { expect, test } from "vitest";
import type { Triple } from "./affine.ts";
import { cropForeground, padBack } from "./crop-foreground.ts";
import { cropOrPad, extract } from "./crop-pad.ts";
import { Volume } from "./volume.ts";

const affine = [1, 0.2, 0, 5, -0.1, 2, 0, 6, 0, 0.3, 3, 7, 0, 0, 0, 1];
const data = new Int16Array(6 * 5 * 4);
for (const [i, j, k] of [
  [2, 1, 1],
  [3, 3, 2],
] as const)
  data[i + 6 * (j + 5 * k)] = 100;
const volume = new Volume({ shape: [6, 5, 4], data, affine, scaling: { slope: 2, intercept: 0 } });

test("the smallest box around values, a mask, or with room", () => {
  const box = cropForeground(volume, { threshold: 50 });
  expect(box.shape).toEqual([2, 3, 2]);
  expect(box.affine).toEqual(extract(volume, [2, 1, 1], [1, 1, 1]).affine);
  expect(box.at(0, 0, 0) + box.at(1, 2, 1)).toBe(400);
  expect(cropForeground(volume, { mask: volume }).shape).toEqual([2, 3, 2]);
  // 2.1 mm are 3 voxels of 1 mm, 2 of 2 mm and 1 of 3 mm; the volume ends before some of them.
  expect(cropForeground(volume, { mask: volume, margin: 2.1 }).shape).toEqual([6, 5, 4]);
  expect(cropForeground(volume, { mask: volume, margin: 0.5 }).shape).toEqual([4, 5, 4]);
});

test("by default it is the body", () => {
  const n = 24;
  const inside = (i: number) => Math.hypot((i % n) - 12, (Math.floor(i / n) % n) - 10) < 5;
  const ct = new Volume({
    shape: [n, n, 2],
    data: Int16Array.from({ length: n * n * 2 }, (_, i) => (inside(i) ? 40 : -1000)),
    unit: "HU",
  });
  expect(cropForeground(ct).shape).toEqual([9, 9, 2]);
  const mr = ct.with({ data: Float32Array.from(ct.data, (v) => v + 1000), unit: "arbitrary" });
  expect(cropForeground(mr).shape[0]).toBeLessThan(12);
});

test("cropped and put back, every voxel is where it was", () => {
  const size = fc.integer({ min: 1, max: 6 });
  const shape = fc.tuple(size, size, size);
  const shift = fc.integer({ min: -3, max: 3 });
  fc.assert(
    fc.property(shape, shape, fc.tuple(shift, shift, shift), (from, to, start: Triple) => {
      const n = from[0] * from[1] * from[2];
      const values = Float32Array.from({ length: n }, (_, i) => i + 1);
      const whole = new Volume({ shape: from, data: values, affine });
      const part = extract(whole, start, to);
      const common = start.every((s, d) => s < from[d]! && s + to[d]! > 0);
      if (!common) {
        expect(() => padBack(part, whole)).toThrow(/no voxel in common/);
        return;
      }
      const back = padBack(part, whole, { fill: -1 });
      expect(back.shape).toEqual(from);
      expect(back.affine).toEqual(affine);
      for (let k = 0; k < from[2]; k++)
        for (let j = 0; j < from[1]; j++)
          for (let i = 0; i < from[0]; i++) {
            const kept = [i, j, k].every((v, d) => v >= start[d]! && v < start[d]! + to[d]!);
            expect(back.at(i, j, k)).toBe(kept ? whole.at(i, j, k) : -1);
          }
    }),
    { numRuns: 60 },
  );
});

test("grids that don't share voxels are refused", () => {
  const half = affine.map((v, n) => (n === 3 ? v + 0.4 : v));
  expect(() => padBack(volume, { shape: [6, 5, 4], affine: half })).toThrow(/whole voxels.*resample/);
  const coarse = affine.map((v, n) => (n % 4 < 3 && n < 12 ? 2 * v : v));
  expect(() => padBack(volume, { shape: [3, 3, 2], affine: coarse })).toThrow(/whole voxels/);
});

test("refuses nothing, both and nonsense", () => {
  expect(() => cropForeground(volume, { threshold: 500 })).toThrow(/no foreground/);
  expect(() => cropForeground(volume, { threshold: 5, mask: volume })).toThrow(/not both/);
  expect(() => cropForeground(volume, { threshold: 5, margin: -1 })).toThrow(/margin/);
  expect(() => cropForeground(volume, { mask: cropOrPad(volume, [2, 2, 2]) })).toThrow(/different grids/);
});
