import { describe, expect, it } from "vitest";
import { Random } from "../../base/random/index.ts";
import type { Triple } from "./affine.ts";
import { distanceTo, squaredDistances } from "./distance.ts";

/** By trying all pairs. */
function slowly(mask: Uint8Array, target: number, [nx, ny, nz]: Triple, [sx, sy, sz]: Triple): number[] {
  const places = Array.from({ length: nx * ny * nz }, (_, n) => [
    sx * (n % nx),
    sy * (Math.floor(n / nx) % ny),
    sz * Math.floor(n / (nx * ny)),
  ]);
  return places.map(([x, y, z]) => {
    let least = 1e6;
    for (const [m, [u, v, w]] of places.entries() as Iterable<[number, number[]]>)
      if (mask[m] === target) least = Math.min(least, Math.hypot(x! - u!, y! - v!, z! - w!));
    return least;
  });
}

describe("distanceTo", () => {
  it("is exact, with voxels of any size", () => {
    const random = Random.fork(3, "distance");
    for (const [shape, spacing, share] of [
      [[7, 6, 5], [1, 1, 1], 0.1],
      [[9, 1, 8], [0.7, 2, 4], 0.05],
      [[6, 7, 6], [1, 1, 4], 0.5],
    ] as const) {
      const mask = Uint8Array.from({ length: shape[0] * shape[1] * shape[2] }, () =>
        random.uniform(0, 1) < share ? 1 : 0,
      );
      for (const target of [0, 1] as const) {
        const found = distanceTo(mask, target, shape, spacing);
        for (const [i, d] of slowly(mask, target, shape, spacing).entries())
          expect(found[i]).toBeCloseTo(d, 4);
      }
    }
  });

  it("says so when there is nowhere to go", () => {
    expect([...distanceTo(new Uint8Array(8), 1, [2, 2, 2], [1, 1, 1])]).toEqual(new Array(8).fill(1e6));
  });
});

it("in double precision equals trying every seed, for any spacing", () => {
  const shape = [9, 7, 6] as const;
  const spacing = [0.8, 2.3, 1.1] as const;
  const seeds = Uint8Array.from({ length: 378 }, (_, i) => ((i * 7919) % 97 === 0 ? 1 : 0));
  const at = (i: number) => [i % 9, Math.floor(i / 9) % 7, Math.floor(i / 63)];
  const squared = squaredDistances(seeds, shape, spacing);
  for (let i = 0; i < seeds.length; i++) {
    let best = Number.POSITIVE_INFINITY;
    for (let s = 0; s < seeds.length; s++)
      if (seeds[s]) {
        const [p, q] = [at(i), at(s)];
        best = Math.min(
          best,
          p.reduce((sum, v, d) => sum + ((v - q[d]!) * spacing[d]!) ** 2, 0),
        );
      }
    expect(squared[i]).toBeCloseTo(best, 9);
  }
  expect(squaredDistances(new Uint8Array(8), [2, 2, 2], [1, 1, 1])[3]).toBe(Number.POSITIVE_INFINITY);
});
