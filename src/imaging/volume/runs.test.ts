import fc from "fast-check";
import { expect, test } from "vitest";
import type { Triple } from "./affine.ts";
import { fillHoles, fillHolesBySlice, keepLargestComponent } from "./components.ts";
import { dilate, erode } from "./morphology.ts";
import { orderStatistics, quantiles } from "./order-statistics.ts";

const side = fc.integer({ min: 1, max: 7 });
const image = fc.tuple(side, side, side, fc.integer({ min: 0, max: 2 ** 30 })).map(([nx, ny, nz, seed]) => {
  let state = seed;
  const mask = Uint8Array.from({ length: nx * ny * nz }, () => {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0;
    return state > 2 ** 31 ? 1 : 0;
  });
  return { shape: [nx, ny, nz] as Triple, mask };
});

/** Neighbours one by one, as the definition says. */
function flood(
  mask: Uint8Array,
  [nx, ny, nz]: Triple,
  seed: number,
  value: number,
  touch: number,
): Set<number> {
  const found = new Set([seed]);
  for (const p of found)
    for (let dz = -1; dz <= 1; dz++)
      for (let dy = -1; dy <= 1; dy++)
        for (let dx = -1; dx <= 1; dx++) {
          const steps = Math.abs(dx) + Math.abs(dy) + Math.abs(dz);
          if (steps === 0 || (touch < 26 && steps > 1) || (touch === 4 && dz !== 0)) continue;
          const [x, y, z] = [(p % nx) + dx, (Math.floor(p / nx) % ny) + dy, Math.floor(p / (nx * ny)) + dz];
          if (x < 0 || y < 0 || z < 0 || x >= nx || y >= ny || z >= nz) continue;
          const q = x + nx * (y + ny * z);
          if (mask[q] === value) found.add(q);
        }
  return found;
}

test.each([6, 26] as const)("the largest component (%i neighbours) is what flooding finds", (touch) => {
  fc.assert(
    fc.property(image, ({ shape, mask }) => {
      let best = new Set<number>();
      mask.forEach((v, p) => {
        if (v !== 1) return;
        const found = flood(mask, shape, p, 1, touch);
        if (found.size > best.size) best = found;
      });
      const kept = mask.slice();
      expect(keepLargestComponent(kept, shape, touch)).toBe(best.size);
      expect([...kept]).toEqual(Array.from(mask, (_, p) => (best.has(p) ? 1 : 0)));
    }),
    { numRuns: 60 },
  );
});

test.each([
  [4, fillHolesBySlice],
  [6, fillHoles],
] as const)("holes (%i neighbours) are what can't flow out", (touch, fill) => {
  fc.assert(
    fc.property(image, ({ shape, mask }) => {
      const [nx, ny, nz] = shape;
      const out = (p: number) => {
        const [x, y, z] = [p % nx, Math.floor(p / nx) % ny, Math.floor(p / (nx * ny))];
        const atEnd = touch === 6 && (z === 0 || z === nz - 1);
        return x === 0 || y === 0 || x === nx - 1 || y === ny - 1 || atEnd;
      };
      const filled = mask.slice();
      fill(filled, shape);
      for (let p = 0; p < mask.length; p++) {
        const open = mask[p] === 0 && [...flood(mask, shape, p, 0, touch)].some(out);
        expect(filled[p], `voxel ${p} of ${shape}`).toBe(open ? 0 : 1);
      }
    }),
    { numRuns: 60 },
  );
});

const radius = fc.integer({ min: 0, max: 3 });

test("dilation sets what an ellipsoid around a set voxel reaches; erosion is its dual", () => {
  fc.assert(
    fc.property(
      image,
      fc.tuple(radius, radius, radius),
      fc.constantFrom(0, 0.5),
      ({ shape, mask }, r, beyond) => {
        const [nx, ny] = shape;
        const place = (p: number) => [p % nx, Math.floor(p / nx) % ny, Math.floor(p / (nx * ny))];
        const near = (p: number, q: number) => {
          const b = place(q);
          let sum = 0;
          for (const [d, v] of place(p).entries()) {
            const apart = Math.abs(v - b[d]!);
            if (apart > r[d]!) return false;
            if (r[d]! > 0) sum += (apart / (r[d]! + beyond)) ** 2;
          }
          return sum <= 1;
        };
        const grown = mask.slice();
        dilate(grown, shape, r, { beyond });
        const shrunk = mask.slice();
        erode(shrunk, shape, r, { beyond });
        for (let p = 0; p < mask.length; p++) {
          expect(grown[p]).toBe(mask.some((v, q) => v === 1 && near(p, q)) ? 1 : 0);
          expect(shrunk[p]).toBe(mask.some((v, q) => v === 0 && near(p, q)) ? 0 : 1);
        }
      },
    ),
    { numRuns: 40 },
  );
});

test("order statistics are those of the sorted values", () => {
  const value = fc.oneof(
    fc.float({ noNaN: true }),
    fc.constantFrom(0, -0, 1, -1),
    fc.integer({ min: -9, max: 9 }),
  );
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 60 }), (list) => {
      const values = Float32Array.from(list);
      const ranks = list.map((_, i) => i);
      const found = Float32Array.from(orderStatistics(values, ranks));
      expect(Buffer.from(found.buffer).equals(Buffer.from(values.slice().sort().buffer))).toBe(true);
    }),
  );
  expect(quantiles(Float32Array.of(3, 1, 2), [0, 0.25, 0.5, 1])).toEqual([1, 1.5, 2, 3]);
});
