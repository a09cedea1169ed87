import { describe, expect, test } from "vitest";
import { MidashError } from "../../base/errors/index.ts";
import { assertSameGrid, describeGrid, sameGrid } from "./grid.ts";
import { Volume, type VolumeInit } from "./volume.ts";

const init: VolumeInit = { shape: [2, 2, 1], data: Int16Array.of(1, 2, 3, 4) };
const identity = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

const changed = (at: number, value: number) => identity.map((v, n) => (n === at ? value : v));

describe("Volume", () => {
  test("scaled values, x fastest", () => {
    const volume = new Volume({ ...init, scaling: { slope: 2, intercept: -1 }, unit: "HU" });
    expect([...volume.values()]).toEqual([1, 3, 5, 7]);
    expect(volume.at(1, 0, 0)).toBe(3);
    expect(volume.at(0, 1, 0)).toBe(5);
    expect(volume.size).toBe(4);
  });

  test("float data without scaling is not copied", () => {
    const data = new Float32Array(4);
    expect(new Volume({ ...init, data }).values()).toBe(data);
  });

  test("new data drops the old scaling; other changes keep it", () => {
    const volume = new Volume({
      ...init,
      scaling: { slope: 2, intercept: 0 },
      simulated: true,
      meta: { a: 1 },
    });
    expect(volume.with({ unit: "HU" }).scaling.slope).toBe(2);
    const replaced = volume.with({ data: new Float32Array(4) });
    expect(replaced.scaling).toEqual({ slope: 1, intercept: 0 });
    expect(replaced.simulated).toBe(true);
    expect(replaced.meta).toEqual({ a: 1 });
  });

  test.each<[string, Partial<VolumeInit>, RegExp]>([
    ["too few values", { data: new Float32Array(3) }, /needs 4 values, data has 3/],
    ["a shape with a zero", { shape: [2, 0, 1] }, /positive integers/],
    ["a singular affine", { affine: changed(0, 0) }, /singular/],
    ["an affine with NaN", { affine: changed(3, Number.NaN) }, /finite/],
    ["a projective last row", { affine: changed(12, 1) }, /last row/],
    ["a slope of 0", { scaling: { slope: 0, intercept: 0 } }, /slope/],
  ])("refuses %s", (_what, change, message) => {
    expect(() => new Volume({ ...init, ...change })).toThrow(message);
    expect(() => new Volume({ ...init, ...change })).toThrow(MidashError);
  });

  test("a voxel outside is an error, not undefined", () => {
    expect(() => new Volume(init).at(2, 0, 0)).toThrow(/outside/);
  });
});

describe("grids", () => {
  const a = new Volume({ ...init, affine: identity });

  test("tolerance is in mm at the corners", () => {
    expect(sameGrid(a, a.with({ affine: changed(3, 0.009) }))).toBe(true);
    expect(sameGrid(a, a.with({ affine: changed(3, 0.011) }))).toBe(false);
    // A spacing that is 1 % off moves the far corner of 2 voxels by 0.02 mm.
    expect(sameGrid(a, a.with({ affine: changed(0, 1.01) }))).toBe(false);
    expect(sameGrid(a, new Volume({ ...init, shape: [1, 2, 2] }))).toBe(false);
  });

  test("a mismatch is reported with both grids", () => {
    const b = a.with({ affine: changed(3, 5) });
    expect(() => assertSameGrid(a, b, ["mr", "ct"], "case 7")).toThrow(
      /^case 7: mr \(2×2×1 at 1×1×1 mm, origin \(0, 0, 0\)\) and ct \(.*origin \(5, 0, 0\)\) are on different grids; .*resample\(mr, \{ like: ct \}\)/,
    );
    expect(describeGrid(b)).toContain("origin (5, 0, 0)");
  });
});
