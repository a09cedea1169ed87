/** Rows are copied whole where they can be: the same as one pixel at a time, bit for bit. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { assemble, cut } from "../../../../test/support/sampling.ts";
import { Volume } from "../../../imaging/volume/index.ts";
import { Slicer } from "./slicer.ts";

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

test("cut", () => {
  fc.assert(
    fc.property(cases, (c) => {
      const slicer = Slicer.slices({ axis: c.axis, size: c.size, fit: c.fit, context: c.context });
      const volumes = made(c);
      const mask = volumes[0]!.with({ data: volumes[0]!.data, scaling: { slope: 1, intercept: 0 } });
      const places = slicer.grid(c.shape);
      const images = volumes.map((volume, v) => ({ volume, outside: c.fill - v }));
      const { data } = slicer.cut(images, places, { grid: mask });
      const { data: maskData } = slicer.cut([{ volume: mask, outside: 0 }], places, {
        grid: mask,
        context: 0,
        how: "nearest",
      });
      const expected: number[] = [];
      const expectedMask: number[] = [];
      const slices = places.at(-1)![0] + 1;
      for (const [slice, top, left] of places)
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
      const places = slicer.grid(c.shape).filter((_, n) => (n * c.seed) % 3 !== 1);
      const expected = new Volume({ shape: c.shape, data: new Float32Array(volume.size).fill(c.fill) });
      for (const [slice, top, left] of places) {
        for (let y = 0; y < c.size[0]; y++)
          for (let x = 0; x < c.size[1]; x++) {
            const at = voxel(c.axis, volume, slice, y + top, x + left);
            if (at) expected.data[at[0] + c.shape[0] * (at[1] + c.shape[1] * at[2])] = volume.at(...at);
          }
      }
      if (places.length === 0) return;
      const batch = cut(slicer, [volume], places);
      expect(assemble(slicer, [{ batch, places }], volume, c.fill)[0]!.data).toEqual(expected.data);
    }),
    { numRuns: 300 },
  );
});

test("an assembler takes batches as they come", () => {
  const slicer = Slicer.slices({ axis: "sagittal", size: [3, 4] });
  const volume = new Volume({ shape: [4, 5, 3], data: Float32Array.from({ length: 60 }, (_, i) => i + 1) });
  const grid = slicer.grid(volume.shape);
  const assembler = slicer.assembler(volume, { channels: 1, fill: [-1] });
  for (const places of [[grid[3]!], [grid[0]!, grid[2]!]])
    assembler.add({ places, batch: cut(slicer, [volume], places) });
  const assembled = assembler.volumes()[0]!;
  expect([assembled.at(1, 0, 0), assembled.at(2, 4, 0), assembled.at(2, 0, 0)]).toEqual([
    -1,
    -1,
    volume.at(2, 0, 0),
  ]);
});
