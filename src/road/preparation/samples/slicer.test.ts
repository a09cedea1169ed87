import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MidashError } from "../../../base/errors/index.ts";
import { affineFromSpacing, reorient, type Triple, Volume } from "../../../imaging/volume/index.ts";
import type { SliceAxis } from "./slice-options.ts";
import { Slicer } from "./slicer.ts";

const AXES: readonly SliceAxis[] = ["axial", "coronal", "sagittal"];

/** Every voxel has a value of its own: 1, 2, 3 … */
function numbered(shape: Triple): Volume {
  const data = Float32Array.from({ length: shape[0] * shape[1] * shape[2] }, (_, i) => i + 1);
  return new Volume({ shape, data, affine: affineFromSpacing([1, 2, 3], [4, 5, 6]), unit: "HU" });
}

/** Cuts in batches of two and puts together again. */
function roundTrip(slicer: Slicer, volume: Volume, fill: number): Volume {
  const indices = Array.from({ length: slicer.count(volume.shape) }, (_, i) => i);
  const samples = [];
  for (let at = 0; at < indices.length; at += 2) {
    const chosen = indices.slice(at, at + 2);
    samples.push({
      batch: slicer.batch({ volumes: [volume], indices: chosen, fill: [fill] }),
      indices: chosen,
    });
  }
  return slicer.assemble(samples.reverse(), volume, { fill }); // in any order
}

describe("where voxels go", () => {
  const volume = numbered([4, 3, 2]);
  const at = (i: number, j: number, k: number) => 1 + i + 4 * (j + 3 * k);

  test.each([
    ["axial", 1, [3, 4], (y: number, x: number) => at(x, y, 1)],
    ["coronal", 2, [2, 4], (z: number, x: number) => at(x, 2, z)],
    ["sagittal", 3, [2, 3], (z: number, y: number) => at(3, y, z)],
  ] as const)("%s slice %i has H×W %j", (axis, index, [h, w], value) => {
    const slicer = Slicer.slices({ axis });
    const { data, shape } = slicer.batch({ volumes: [volume], indices: [index] });
    expect(shape).toEqual([1, h, w, 1]);
    for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) expect(data[y * w + x]).toBe(value(y, x));
    expect(slicer.planeSize(volume.shape)).toEqual([h, w]);
  });

  test("several volumes are channels, each padded with its own fill", () => {
    const second = volume.with({ data: Float32Array.from(volume.data, (v) => -v) });
    const slicer = Slicer.slices({ size: [4, 4] });
    const { data, shape } = slicer.batch({
      volumes: [volume, second],
      indices: [0, 1],
      fill: [7, 8],
      caseId: "a",
    });
    expect(shape).toEqual([2, 4, 4, 2]);
    expect([...data.slice(0, 4)]).toEqual([1, -1, 2, -2]);
    expect([...data.slice(24, 28)]).toEqual([7, 8, 7, 8]); // the row that was added
    expect([...data.slice(32, 34)]).toEqual([13, -13]); // sample 1
  });

  test("a mask has one channel, is padded with 0 and never blended", () => {
    const mask = volume.with({ data: Uint8Array.from({ length: 24 }, (_, i) => i % 2), unit: "unknown" });
    const padded = Slicer.slices({ size: [5, 6] }).batch({
      volumes: [volume],
      indices: [0],
      mask,
      fill: [9],
    });
    expect(padded.mask?.length).toBe(30);
    expect([...padded.mask!].reduce((a, b) => a + b)).toBe(6);
    const resized = Slicer.slices({ size: [7, 9], fit: "resize" }).batch({
      volumes: [volume],
      indices: [0],
      mask,
    });
    expect(new Set(resized.mask)).toEqual(new Set([0, 1]));
  });

  test("stored integers are scaled", () => {
    const stored = volume.with({ data: Int16Array.from(volume.data), scaling: { slope: 2, intercept: -1 } });
    const { data } = Slicer.slices().batch({ volumes: [stored], indices: [0] });
    expect([...data.slice(0, 3)]).toEqual([1, 3, 5]);
  });
});

describe("assemble undoes batch", () => {
  const size = fc.integer({ min: 1, max: 9 });
  const cases = fc.record({
    shape: fc.tuple(size, size, size),
    target: fc.tuple(size, size),
    axis: fc.constantFrom(...AXES),
  });

  test("exactly, but for what a crop cut off, which is filled", () => {
    fc.assert(
      fc.property(cases, ({ shape, target, axis }) => {
        const volume = numbered(shape);
        const slicer = Slicer.slices({ axis, size: target });
        const back = roundTrip(slicer, volume, -5);
        expect(back.shape).toEqual(shape);
        expect(back.affine).toEqual(volume.affine);
        const [h, w] = slicer.planeSize(shape);
        let lost = 0;
        for (const [i, v] of back.data.entries())
          if (v !== volume.data[i]) {
            expect(v).toBe(-5);
            lost++;
          }
        const kept = Math.min(h, target[0]) * Math.min(w, target[1]);
        expect(lost).toBe((h * w - kept) * slicer.count(shape));
      }),
      { numRuns: 300 },
    );
  });

  test("exactly when the size is the volume's own, with resize too", () => {
    for (const axis of AXES)
      for (const fit of ["crop-pad", "resize"] as const) {
        const volume = numbered([5, 4, 3]);
        const own = Slicer.slices({ axis }).planeSize(volume.shape);
        expect([...roundTrip(Slicer.slices({ axis, fit, size: own }), volume, 0).data]).toEqual([
          ...volume.data,
        ]);
        expect([...roundTrip(Slicer.slices({ axis, fit }), volume, 0).data]).toEqual([...volume.data]);
      }
  });

  test("a crop is centred: an odd remainder goes to the end", () => {
    const volume = numbered([5, 1, 1]);
    expect([...roundTrip(Slicer.slices({ size: [1, 2] }), volume, 0).data]).toEqual([0, 2, 3, 0, 0]);
    const padded = Slicer.slices({ size: [1, 8] }).batch({ volumes: [volume], indices: [0] });
    expect([...padded.data]).toEqual([0, 1, 2, 3, 4, 5, 0, 0]);
  });
});

describe("resize", () => {
  test("keeps linear ramps between the outermost centres, up and down", () => {
    const ramp = new Volume({
      shape: [8, 8, 1],
      data: Float32Array.from({ length: 64 }, (_, i) => (i % 8) + 0.5),
    });
    const up = Slicer.slices({ size: [16, 16], fit: "resize" }).batch({ volumes: [ramp], indices: [0] });
    // Half-pixel centres: the place of pixel x in the source is (x + 0.5) / 2.
    for (let x = 1; x < 15; x++) expect(up.data[3 * 16 + x]).toBeCloseTo((x + 0.5) / 2, 6);
    expect(up.data[0]).toBe(0.5); // the border repeated
    const back = roundTrip(Slicer.slices({ size: [16, 16], fit: "resize" }), ramp, 0);
    for (let x = 1; x < 7; x++) expect(back.data[x + 8 * 4]).toBeCloseTo(x + 0.5, 6);
  });

  test("a constant stays constant at any size", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), (h, w) => {
        const flat = new Volume({ shape: [6, 5, 1], data: new Float32Array(30).fill(3) });
        const slicer = Slicer.slices({ size: [h, w], fit: "resize" });
        const { data } = slicer.batch({ volumes: [flat], indices: [0] });
        expect(data.length).toBe(h * w);
        for (const v of data) expect(v).toBeCloseTo(3, 5);
      }),
    );
  });
});

describe("refusals", () => {
  const volume = numbered([3, 3, 3]);
  const slicer = Slicer.slices();

  test.each<[string, () => unknown, RegExp]>([
    [
      "a volume that is not RAS",
      () => slicer.batch({ volumes: [reorient(volume, "LPS")], indices: [0] }),
      /LPS.*reorient/,
    ],
    [
      "a slice outside",
      () => slicer.batch({ volumes: [volume], indices: [3] }),
      /sample 3 is outside 0 to 2/,
    ],
    ["no slice", () => slicer.batch({ volumes: [volume], indices: [] }), /at least one/],
    [
      "channels on different grids",
      () => slicer.batch({ volumes: [volume, numbered([3, 3, 4])], indices: [0] }),
      /different grids/,
    ],
    [
      "a mask on another grid",
      () => slicer.batch({ volumes: [volume], indices: [0], mask: numbered([3, 3, 4]) }),
      /different grids/,
    ],
    ["an odd size", () => Slicer.slices({ size: [0, 4] }), /size must be/],
    ["an unknown axis", () => Slicer.slices({ axis: "oblique" as SliceAxis }), /axial, coronal or sagittal/],
    [
      "samples of several channels",
      () =>
        slicer.assemble(
          [{ batch: slicer.batch({ volumes: [volume, volume], indices: [0] }), indices: [0] }],
          volume,
        ),
      /expected \[1, 3, 3, 1\], got \[1, 3, 3, 2\]/,
    ],
  ])("%s", (_what, call, message) => {
    expect(call).toThrow(message);
    expect(call).toThrow(MidashError);
  });
});

test("JSON round trip", () => {
  for (const slicer of [Slicer.slices(), Slicer.slices({ axis: "coronal", size: [3, 5], fit: "resize" })])
    expect(Slicer.fromJSON(JSON.parse(JSON.stringify(slicer))).toJSON()).toEqual(slicer.toJSON());
  for (const json of [null, 1, {}, { type: "patches", axis: "axial", size: null, fit: "resize" }])
    expect(() => Slicer.fromJSON(json)).toThrow(/not a slicer/);
});
