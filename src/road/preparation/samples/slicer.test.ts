import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assemble, cut, samplesOf } from "../../../../test/support/sampling.ts";
import { MidashError } from "../../../base/errors/index.ts";
import { Random } from "../../../base/random/index.ts";
import type { SliceAxis } from "../../../imaging/display/index.ts";
import { affineFromSpacing, reorient, type Triple, Volume } from "../../../imaging/volume/index.ts";
import type { Json } from "../../../networks/learning/index.ts";
import type { Sampler } from "./sampler.ts";
import { parseSampler, samplerTypes } from "./sampler-types.ts";
import type { SliceOptions } from "./slice-options.ts";
import { Slicer } from "./slicer.ts";

const AXES: readonly SliceAxis[] = ["axial", "coronal", "sagittal"];

/** Every voxel has a value of its own: 1, 2, 3 … */
function numbered(shape: Triple): Volume {
  const data = Float32Array.from({ length: shape[0] * shape[1] * shape[2] }, (_, i) => i + 1);
  return new Volume({ shape, data, affine: affineFromSpacing([1, 2, 3], [4, 5, 6]), unit: "HU" });
}

/** Cuts in batches and puts together again, in another order. */
function roundTrip(slicer: Sampler, volume: Volume, fill: number): Volume {
  return assemble(slicer, samplesOf(slicer, [volume], fill).reverse(), volume, fill)[0]!;
}

/** The sample of one slice. */
function one(slicer: Sampler, volume: Volume, slice: number) {
  return cut(slicer, [volume], [slicer.grid(volume.shape)[slice]!]);
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
    const { data, shape } = one(slicer, volume, index);
    expect(shape).toEqual([1, h, w, 1]);
    for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) expect(data[y * w + x]).toBe(value(y, x));
    expect(slicer.size(volume.shape)).toEqual([h, w]);
  });

  test.each([
    ["axial", 1],
    ["coronal", 1],
    ["sagittal", 1],
  ] as const)(
    "%s pixel [0, 0] lies left, posterior and inferior, wherever the file begins",
    (axis, slice) => {
      const shape: Triple = [3, 3, 3];
      const ras = new Volume({ shape, data: Float32Array.from({ length: 27 }, (_, v) => v) });
      const low = { axial: [0, 0, slice], coronal: [0, slice, 0], sagittal: [slice, 0, 0] }[axis];
      const [x, y, z] = low as [number, number, number];
      for (const orientation of ["RAS", "LPS", "LAS", "SPL"]) {
        const { data } = one(Slicer.slices({ axis }), reorient(reorient(ras, orientation)), slice);
        expect(data[0], orientation).toBe(ras.at(x, y, z));
      }
    },
  );

  test("an axial slice of DICOM is a sample turned by 180°, one of nibabel's RAS array its transpose", () => {
    const volume = numbered([4, 3, 2]);
    const lps = reorient(volume, "LPS"); // rows of DICOM run to the left, columns to the back
    const theirs = (y: number, x: number) => lps.at(x, y, 1);
    const nibabel = (i: number, j: number) => volume.at(i, j, 1);
    const { data } = one(Slicer.slices(), reorient(lps), 1);
    for (let y = 0; y < 3; y++)
      for (let x = 0; x < 4; x++) {
        expect(data[4 * y + x]).toBe(theirs(2 - y, 3 - x));
        expect(data[4 * y + x]).toBe(nibabel(x, y));
      }
  });

  test("several volumes are channels, each padded with its own fill", () => {
    const second = volume.with({ data: Float32Array.from(volume.data, (v) => -v) });
    const slicer = Slicer.slices({ size: [4, 4] });
    const images = [
      { volume, outside: 7 },
      { volume: second, outside: 8 },
    ];
    const { data, shape, present } = slicer.cut(images, slicer.grid(volume.shape), { grid: volume });
    expect(shape).toEqual([2, 4, 4, 2]);
    expect(present).toBeUndefined();
    expect([...data.slice(0, 4)]).toEqual([1, -1, 2, -2]);
    expect([...data.slice(24, 28)]).toEqual([7, 8, 7, 8]); // the row that was added
    expect([...data.slice(32, 34)]).toEqual([13, -13]); // sample 1
  });

  test("an input that is missing is 0 everywhere, its padding too, and not present", () => {
    const slicer = Slicer.slices({ size: [4, 4], context: 1 });
    const image = { volume, outside: 7 };
    const { data, shape, present } = slicer.cut([undefined, image, undefined], slicer.grid(volume.shape), {
      grid: volume,
    });
    expect(shape).toEqual([2, 4, 4, 9]);
    expect([...present!]).toEqual([0, 1, 0, 0, 1, 0]);
    const alone = slicer.cut([image], slicer.grid(volume.shape), { grid: volume }).data;
    expect([...data]).toEqual(
      [...data.keys()].map((i) => {
        const channel = i % 9;
        return channel >= 3 && channel < 6 ? alone[3 * Math.floor(i / 9) + channel - 3] : 0;
      }),
    );
  });

  test("a mask is padded with 0 and never blended", () => {
    const mask = volume.with({ data: Uint8Array.from({ length: 24 }, (_, i) => i % 2), unit: "unknown" });
    const of = (slicer: Sampler) =>
      slicer.cut([{ volume: mask, outside: 0 }], [slicer.grid(mask.shape)[0]!], {
        grid: volume,
        how: "nearest",
      }).data;
    const padded = of(Slicer.slices({ size: [5, 6] }));
    expect(padded.length).toBe(30);
    expect([...padded].reduce((a, b) => a + b)).toBe(6);
    expect(new Set(of(Slicer.slices({ size: [7, 9], fit: "resize" })))).toEqual(new Set([0, 1]));
  });

  test("stored integers are scaled", () => {
    const stored = volume.with({ data: Int16Array.from(volume.data), scaling: { slope: 2, intercept: -1 } });
    const { data } = one(Slicer.slices(), stored, 0);
    expect([...data.slice(0, 3)]).toEqual([1, 3, 5]);
  });
});

describe("assembling undoes cutting", () => {
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
        const [h, w] = Slicer.slices({ axis }).size(shape) as [number, number];
        let lost = 0;
        for (const [i, v] of back.data.entries())
          if (v !== volume.data[i]) {
            expect(v).toBe(-5);
            lost++;
          }
        const kept = Math.min(h, target[0]) * Math.min(w, target[1]);
        expect(lost).toBe((h * w - kept) * slicer.grid(shape).length);
      }),
      { numRuns: 300 },
    );
  });

  test("exactly when the size is the volume's own, with resize too", () => {
    for (const axis of AXES)
      for (const fit of ["crop-pad", "resize"] as const) {
        const volume = numbered([5, 4, 3]);
        const own = Slicer.slices({ axis }).size(volume.shape) as [number, number];
        expect([...roundTrip(Slicer.slices({ axis, fit, size: own }), volume, 0).data]).toEqual([
          ...volume.data,
        ]);
        expect([...roundTrip(Slicer.slices({ axis, fit }), volume, 0).data]).toEqual([...volume.data]);
      }
  });

  test("a crop is centred: an odd remainder goes to the end", () => {
    const volume = numbered([5, 1, 1]);
    expect([...roundTrip(Slicer.slices({ size: [1, 2] }), volume, 0).data]).toEqual([0, 2, 3, 0, 0]);
    const padded = one(Slicer.slices({ size: [1, 8] }), volume, 0);
    expect([...padded.data]).toEqual([0, 1, 2, 3, 4, 5, 0, 0]);
  });
});

describe("resize", () => {
  test("keeps linear ramps between the outermost centres, up and down", () => {
    const ramp = new Volume({
      shape: [8, 8, 1],
      data: Float32Array.from({ length: 64 }, (_, i) => (i % 8) + 0.5),
    });
    const up = one(Slicer.slices({ size: [16, 16], fit: "resize" }), ramp, 0);
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
        const { data } = one(slicer, flat, 0);
        expect(data.length).toBe(h * w);
        for (const v of data) expect(v).toBeCloseTo(3, 5);
      }),
    );
  });
});

describe("several channels", () => {
  test.each(["crop-pad", "resize", "tile"] as const)("%s: each comes back as a volume of its own", (fit) => {
    const volumes = [1, -2, 0.5].map((k) => {
      const volume = numbered([5, 4, 3]);
      return volume.with({ data: volume.data.map((v) => k * v) as Float32Array });
    });
    const slicer = Slicer.slices({ fit, size: [4, 3] });
    const samples = samplesOf(slicer, volumes);
    const assembler = slicer.assembler(volumes[0]!, { channels: 3, fill: [-1, -2, -3] });
    for (const sample of samples) assembler.add(sample);
    const together = assembler.volumes();
    for (const [c, volume] of volumes.entries())
      expect(together[c]).toEqual(
        new Volume({
          shape: volume.shape,
          affine: volume.affine,
          data: assemble(slicer, samplesOf(slicer, [volume]), volume, -1 - c)[0]!.data,
        }),
      );
  });
});

describe("covering", () => {
  const shape: Triple = [20, 33, 5];
  test.each<[SliceOptions, number[]]>([
    [{}, [40, 24]],
    [{ size: [16, 16] }, [40, 24]],
    [{ size: [64, 16] }, [64, 24]],
    [{ size: [16, 16], fit: "tile" }, [16, 16]],
    [{ size: [16, 16], fit: "resize" }, [16, 16]],
    [{ axis: "sagittal" }, [8, 40]],
  ])("%j: samples of %j", (options, size) => {
    const slicer = Slicer.slices({ ...options, context: 1 }).covering(shape, 8);
    expect(slicer.size(shape)).toEqual(size);
    expect(slicer.channels(1)).toBe(3);
    expect(slicer.fixedSize).toEqual(size);
  });
});

test("drawn are all samples that hold any weight, in order", () => {
  const weights = numbered([6, 4, 3]);
  const data = Float32Array.from({ length: 72 }, (_, i) => (i === 0 || i >= 70 ? 0.1 : 0));
  const drawn = (options: SliceOptions) => Slicer.slices(options).draw(weights.with({ data }), new Random(0));
  expect(drawn({})).toEqual([
    [0, 0, 0],
    [2, 0, 0],
  ]);
  expect(drawn({ axis: "coronal" })).toEqual([
    [0, 0, 0],
    [3, 0, 0],
  ]);
  expect(drawn({ size: [2, 2] })).toEqual([]); // the middle
  expect(drawn({ size: [2, 2], fit: "resize" }).map(([slice]) => slice)).toEqual([0, 2]);
  expect(drawn({ size: [2, 3], fit: "tile", overlap: 0 })).toEqual([
    [0, 0, 0],
    [2, 2, 3],
  ]);
});

describe("refusals", () => {
  const volume = numbered([3, 3, 3]);
  const slicer = Slicer.slices();

  test.each<[string, () => unknown, RegExp]>([
    ["a volume that is not RAS", () => cut(slicer, [reorient(volume, "LPS")], [[0, 0, 0]]), /LPS.*reorient/],
    ["a slice outside", () => cut(slicer, [volume], [[3, 0, 0]]), /\[3, 0, 0\] is outside.*3×3×3/],
    ["no place", () => cut(slicer, [volume], []), /at least one/],
    [
      "images on another grid",
      () => cut(slicer, [volume, numbered([3, 3, 4])], [[0, 0, 0]]),
      /image 1 .* on different grids/,
    ],
    ["an odd size", () => Slicer.slices({ size: [0, 4] }), /size must be/],
    ["an unknown axis", () => Slicer.slices({ axis: "oblique" as SliceAxis }), /axial, coronal or sagittal/],
    [
      "samples of other channels",
      () =>
        slicer
          .assembler(volume, { channels: 1, fill: [0] })
          .add({ batch: cut(slicer, [volume, volume], [[0, 0, 0]]), places: [[0, 0, 0]] }),
      /expected \[1, 3, 3, 1\], got \[1, 3, 3, 2\]/,
    ],
    [
      "a fill for some channels",
      () => slicer.assembler(volume, { channels: 2, fill: [0] }),
      /one value for each of 2/,
    ],
    [
      "a sample twice",
      () => assemble(slicer, [...samplesOf(slicer, [volume]), ...samplesOf(slicer, [volume])], volume),
      /\[0, 0, 0\] was added before/,
    ],
    [
      "a place of another sampler",
      () =>
        slicer
          .assembler(volume, { channels: 1, fill: [0] })
          .add({ batch: cut(slicer, [volume], [[0, 1, 0]]), places: [[0, 1, 0]] }),
      /\[0, 1, 0\] is not a place/,
    ],
  ])("%s", (_what, call, message) => {
    expect(call).toThrow(message);
    expect(call).toThrow(MidashError);
  });
});

test("JSON round trip, by a table of types", () => {
  for (const slicer of [Slicer.slices(), Slicer.slices({ axis: "coronal", size: [3, 5], fit: "resize" })])
    expect(parseSampler(JSON.parse(JSON.stringify(slicer))).toJSON()).toEqual(slicer.toJSON());
  const invalid: readonly Json[] = [null, 1, {}, { type: "slices" }, { type: "patches", size: [8, 8, 8] }];
  for (const json of invalid) expect(() => parseSampler(json)).toThrow(/not a sampler/);
  const json = { type: "spirals" };
  expect(() => parseSampler(json)).toThrow('unknown sampler "spirals"; a newer version');
  const spirals = { ...samplerTypes[0]!, type: "spirals", parse: () => Slicer.slices() };
  expect(parseSampler(json, [...samplerTypes, spirals]).type).toBe("slices");
});
