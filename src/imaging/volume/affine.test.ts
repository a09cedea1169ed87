import { describe, expect, test } from "vitest";
import fixture from "../../../test/fixtures/volume/volume.json" with { type: "json" };
import {
  affineFromSpacing,
  applyAffine,
  invertAffine,
  multiplyAffines,
  shiftAffine,
  spacingOf,
  type Triple,
} from "./affine.ts";
import { Volume } from "./volume.ts";

const close = (actual: readonly number[], expected: readonly number[]) => {
  expect(actual.length).toBe(expected.length);
  for (const [i, v] of expected.entries())
    expect(Math.abs(actual[i]! - v)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(v)) * 100);
};

describe.each(fixture.affines.map((c, i) => [i, c] as const))("affine %i against NumPy", (_i, c) => {
  test("inverse, product, spacing, point", () => {
    close(invertAffine(c.a), c.inverse);
    close(multiplyAffines(c.a, c.b), c.product);
    close(spacingOf(c.a), c.spacing);
    close(applyAffine(c.a, c.point as unknown as Triple), c.applied);
  });

  test("voxel volume", () => {
    const volume = new Volume({ shape: [1, 1, 1], data: new Float32Array(1), affine: c.a });
    close([volume.voxelMl], [c.voxelMl]);
  });

  test("moving the first voxel keeps every place", () => {
    const moved = shiftAffine(c.a, [2, -3, 4]);
    close(applyAffine(moved, [1, 1, 1]), applyAffine(c.a, [3, -2, 5]));
  });
});

test("an axis-aligned affine from spacing and origin", () => {
  const affine = affineFromSpacing([1, 2, 3], [10, 20, 30]);
  expect(applyAffine(affine, [1, 1, 1])).toEqual([11, 22, 33]);
});

test("a singular affine has no inverse", () => {
  expect(() => invertAffine([1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1])).toThrow(/singular/);
});
