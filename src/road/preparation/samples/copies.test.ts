/** Rows are copied whole where they can be: the same as one pixel at a time, bit for bit. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Volume } from "../../../imaging/volume/index.ts";
import { Slicer } from "./slicer.ts";
import { centredWindow, coveringWindows } from "./tiles.ts";

const TYPES = { Uint8Array, Int16Array, Int32Array, Float32Array };
const length = fc.integer({ min: 1, max: 9 });
const cases = fc.record({
  shape: fc.tuple(length, length, length),
  size: fc.tuple(length, length),
  axis: fc.constantFrom("axial", "coronal", "sagittal"),
  fit: fc.constantFrom("crop-pad", "tile"),
  context: fc.integer({ min: 0, max: 2 }),
  types: fc.array(fc.constantFrom(...(Object.keys(TYPES) as (keyof typeof TYPES)[])), {
    minLength: 1,
    maxLength: 3,
  }),
  scaling: fc.constantFrom({ slope: 1, intercept: 0 }, { slope: 0.3, intercept: -1000.5 }),
  fill: fc.constantFrom(0, -7),
  seed: fc.integer({ min: 1, max: 999 }),
});
type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

/** The voxel that lies at row `y` and column `x` of a slice, undefined outside. */
function voxel(axis: Case["axis"], { shape }: Volume, slice: number, y: number, x: number) {
  const at = { axial: [x, y, slice], coronal: [x, slice, y], sagittal: [slice, x, y] }[axis] as [
    number,
    number,
    number,
  ];
  return at.every((n, d) => n >= 0 && n < shape[d]!) ? at : undefined;
}

function made({ shape, types, scaling, seed }: Case): Volume[] {
  const size = shape[0] * shape[1] * shape[2];
  return types.map((type, c) => {
    const values = Array.from({ length: size }, (_, i) => 120 * Math.sin(seed * (i + 1) + c));
    const data = new TYPES[type](values);
    return new Volume({ shape, data, scaling });
  });
}

/** Every sample with its slice and window. */
function placesOf(slicer: Slicer, { shape, fit, size }: Case) {
  const plane = slicer.planeSize(shape);
  const windows =
    fit === "tile" ? coveringWindows(plane, size, slicer.overlap) : [centredWindow(plane, size)];
  return Array.from({ length: slicer.count(shape) }, (_, n) => ({
    slice: Math.floor(n / windows.length),
    ...windows[n % windows.length]!,
  }));
}

test("batch", () => {
  fc.assert(
    fc.property(cases, (c) => {
      const slicer = Slicer.slices({ axis: c.axis, size: c.size, fit: c.fit, context: c.context });
      const volumes = made(c);
      const mask = volumes[0]!.with({ data: volumes[0]!.data, scaling: { slope: 1, intercept: 0 } });
      const places = placesOf(slicer, c);
      const { data, mask: maskData } = slicer.batch({
        volumes,
        indices: places.map((_, n) => n),
        fill: volumes.map((_, v) => c.fill - v),
        mask,
      });
      const expected: number[] = [];
      const expectedMask: number[] = [];
      const slices = places.at(-1)!.slice + 1;
      for (const { slice, top, left } of places)
        for (let y = 0; y < c.size[0]; y++)
          for (let x = 0; x < c.size[1]; x++) {
            for (const [v, volume] of volumes.entries())
              for (let d = -c.context; d <= c.context; d++) {
                const near = Math.min(slices - 1, Math.max(0, slice + d));
                const at = voxel(c.axis, volume, near, y + top, x + left);
                expected.push(at ? volume.at(...at) : c.fill - v);
              }
            const at = voxel(c.axis, mask, slice, y + top, x + left);
            expectedMask.push(at ? mask.at(...at) : 0);
          }
      expect(data).toEqual(Float32Array.from(expected));
      expect(maskData).toEqual(Float32Array.from(expectedMask));
    }),
    { numRuns: 300 },
  );
});

test("assemble of crops, some slices absent", () => {
  fc.assert(
    fc.property(cases, (given) => {
      const c: Case = { ...given, fit: "crop-pad", context: 0 };
      const slicer = Slicer.slices({ axis: c.axis, size: c.size });
      const [volume] = made(c) as [Volume];
      const places = placesOf(slicer, c);
      const indices = places.map((_, n) => n).filter((n) => (n * c.seed) % 3 !== 1);
      const expected = new Volume({ shape: c.shape, data: new Float32Array(volume.size).fill(c.fill) });
      for (const n of indices) {
        const { slice, top, left } = places[n]!;
        for (let y = 0; y < c.size[0]; y++)
          for (let x = 0; x < c.size[1]; x++) {
            const at = voxel(c.axis, volume, slice, y + top, x + left);
            if (at) expected.data[at[0] + c.shape[0] * (at[1] + c.shape[1] * at[2])] = volume.at(...at);
          }
      }
      const batch = slicer.batch({ volumes: [volume], indices });
      expect(slicer.assemble([{ batch, indices }], volume, { fill: c.fill }).data).toEqual(expected.data);
    }),
    { numRuns: 300 },
  );
});

test("an assembler takes batches as they come", () => {
  const slicer = Slicer.slices({ axis: "sagittal", size: [3, 4] });
  const volume = new Volume({ shape: [4, 5, 3], data: Float32Array.from({ length: 60 }, (_, i) => i + 1) });
  const samples = [[3], [0, 2]].map((indices) => ({
    indices,
    batch: slicer.batch({ volumes: [volume], indices }),
  }));
  const assembler = slicer.assembler(volume, { fill: -1 });
  for (const sample of samples) assembler.add(sample);
  const assembled = assembler.volume();
  expect(assembled.data).toEqual(slicer.assemble(samples, volume, { fill: -1 }).data);
  expect([assembled.at(1, 0, 0), assembled.at(2, 4, 0), assembled.at(2, 0, 0)]).toEqual([
    -1,
    -1,
    volume.at(2, 0, 0),
  ]);
});
