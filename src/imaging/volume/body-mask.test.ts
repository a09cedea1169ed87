import { describe, expect, test } from "vitest";
import fixture from "../../../test/fixtures/volume/volume.json" with { type: "json" };
import { affineFromSpacing, type Triple } from "./affine.ts";
import { bodyMask, dilateMask, foregroundMask } from "./body-mask.ts";
import { keepLargestComponent } from "./components.ts";
import { reorient } from "./orientation.ts";
import { Volume } from "./volume.ts";

const triple = (n: readonly number[]) => n as unknown as Triple;

describe.each(fixture.masks.map((c) => [c.shape.join("×"), c] as const))("against SciPy: %s", (_name, c) => {
  const ct = new Volume({
    shape: triple(c.shape),
    data: Int16Array.from(c.ct),
    affine: affineFromSpacing(triple(c.spacing)),
    unit: "HU",
  });

  test("largest 26-connected component, holes filled by axial slice", () => {
    const body = bodyMask(ct);
    expect(body.data).toBeInstanceOf(Uint8Array);
    expect([...body.data]).toEqual(c.body);
  });

  test.each(["LPI", "SAR", "PIL"])("the same body when stored as %s", (codes) => {
    const body = bodyMask(reorient(ct, codes));
    expect([...reorient(body, "RAS").data]).toEqual(c.body);
    expect(body.affine).toEqual(reorient(ct, codes).affine);
  });

  test("grown in the axial plane", () => {
    const body = bodyMask(ct);
    expect([...dilateMask(body, c.margin).data]).toEqual(c.grown);
    const speck = new Uint8Array(ct.size);
    speck[speckIndex(ct.shape)] = 1;
    expect([...dilateMask(ct.with({ data: speck }), c.margin).data]).toEqual(c.grownSpeck);
  });
});

/** Of the voxel in the middle of slice 1. */
function speckIndex([nx, ny]: Triple): number {
  return (nx >> 1) + nx * ((ny >> 1) + ny);
}

test("a body needs HU, and something above the threshold", () => {
  const air = new Volume({ shape: [2, 2, 2], data: new Float32Array(8).fill(-1000), unit: "HU" });
  expect(() => bodyMask(air)).toThrow(/no voxel is above -300 HU/);
  expect(() => bodyMask(air.with({ unit: "arbitrary" }))).toThrow(/HU/);
});

test("components by faces and by corners", () => {
  // Two voxels that touch at a corner.
  const mask = Uint8Array.of(1, 0, 0, 1);
  expect(keepLargestComponent(mask.slice(), [2, 2, 1], 26)).toBe(2);
  const six = mask.slice();
  expect(keepLargestComponent(six, [2, 2, 1], 6)).toBe(1);
  expect([...six]).toEqual([1, 0, 0, 0]); // of equals the first
});

describe("foreground of an MR", () => {
  // A bright disc of radius 12 mm with a dark hole and a dark slit to the outside, noise around it.
  const n = 48;
  const disc = (i: number) => Math.hypot((i % n) - 24, (Math.floor(i / n) % n) - 24);
  const slit = (i: number) => i % n > 24 && Math.abs((Math.floor(i / n) % n) - 24) < 2;
  const data = Float32Array.from({ length: n * n * 2 }, (_, i) => {
    const noise = (i * 7919) % 11;
    return disc(i) > 12 || disc(i) < 4 || slit(i) ? noise : 300 + noise;
  });
  const mr = new Volume({ shape: [n, n, 2], data, unit: "arbitrary" });

  test("holes and slits (but for a dent) belong to it, the air up to a near border does not; a margin grows it", () => {
    const mask = foregroundMask(mr, { margin: 0 });
    const grown = foregroundMask(mr, { margin: 4 });
    for (let i = 0; i < mr.size; i++) {
      const dent = i % n > 24 && Math.abs((Math.floor(i / n) % n) - 24) < 6;
      if (disc(i) <= (dent ? 10 : 12)) expect(mask.data[i], `voxel ${i}`).toBe(1);
      if (disc(i) > 13.5) expect(mask.data[i], `voxel ${i}`).toBe(0);
      if (disc(i) <= (dent ? 14 : 15.5)) expect(grown.data[i], `voxel ${i}`).toBe(1);
      if (disc(i) > 17.5) expect(grown.data[i], `voxel ${i}`).toBe(0);
    }
  });

  test("gain and offset of the scanner don't change it", () => {
    const other = mr.with({ data: Float32Array.from(data, (v) => 17 * v) });
    expect([...foregroundMask(other).data]).toEqual([...foregroundMask(mr).data]);
  });

  test("an empty image has none", () => {
    expect(() => foregroundMask(mr.with({ data: new Float32Array(mr.size) }))).toThrow(/no foreground/);
  });
});
