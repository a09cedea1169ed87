import fc from "fast-check";
import { describe, expect, test } from "vitest";
import fixture from "../../../../test/fixtures/slicer/tiles.json" with { type: "json" };
import { assemble, cut, samplesOf } from "../../../../test/support/sampling.ts";
import type { SliceAxis } from "../../../imaging/display/index.ts";
import { type Triple, Volume } from "../../../imaging/volume/index.ts";
import { type Blend, importanceMap } from "./blend.ts";
import { parseSampler } from "./sampler-types.ts";
import { Slicer } from "./slicer.ts";

type Pair = readonly [number, number];

describe.each(
  fixture.cases.map((c) => [`${c.plane} in ${c.size}, overlap ${c.overlap}, ${c.blend}`, c] as const),
)("against MONAI: %s", (_name, c) => {
  const [plane, size] = [c.plane as unknown as Pair, c.size as unknown as Pair];

  test("windows and weights", () => {
    const pad = plane.map((n, d) => Math.floor(Math.max(0, size[d]! - n) / 2));
    const slicer = Slicer.slices({ fit: "tile", size, overlap: c.overlap });
    const places = slicer.grid([plane[1], plane[0], 1]);
    expect(places.map(([_, y, x]) => [y + pad[0]!, x + pad[1]!])).toEqual(c.starts);
    for (const [p, w] of importanceMap(size, c.blend as Blend).entries())
      expect(w).toBeCloseTo(c.weights[p]!, 6);
  });

  test("what a network gives, blended", () => {
    const volume = new Volume({ shape: [plane[1], plane[0], 1], data: Float32Array.from(c.image) });
    const slicer = Slicer.slices({ fit: "tile", size, overlap: c.overlap, blend: c.blend as Blend });
    const network = (v: number, pixel: number) => v + 10 * Math.floor(pixel / size[1]);
    const { data } = assemble(slicer, samplesOf(slicer, [volume], -7, network), volume)[0]!;
    for (const [p, v] of c.out.entries()) expect(data[p]).toBeCloseTo(v, 4);
  });
});

describe("any volume, any tiles", () => {
  const length = fc.integer({ min: 1, max: 12 });
  const cases = fc.record({
    shape: fc.tuple(length, length, length),
    size: fc.tuple(length, length),
    axis: fc.constantFrom<SliceAxis>("axial", "coronal", "sagittal"),
    overlap: fc.oneof(fc.constantFrom(0, 0.25, 0.5), fc.double({ min: 0, max: 0.95, noNaN: true })),
    blend: fc.constantFrom<Blend>("gaussian", "constant"),
    seed: fc.integer({ min: 1, max: 1000 }),
  });
  const filled = (shape: Triple, value: (i: number) => number) =>
    new Volume({
      shape,
      data: Float32Array.from({ length: shape[0] * shape[1] * shape[2] }, (_, i) => value(i)),
    });

  test("assembling undoes cutting", () => {
    fc.assert(
      fc.property(cases, ({ shape, seed, ...options }) => {
        const slicer = Slicer.slices({ fit: "tile", ...options });
        const volume = filled(shape, (i) => Math.sin(seed * (i + 1)));
        const back = assemble(slicer, samplesOf(slicer, [volume], 5).reverse(), volume, Number.NaN)[0]!;
        for (const [i, v] of back.data.entries()) expect(Math.abs(v - volume.data[i]!)).toBeLessThan(1e-6);
      }),
      { numRuns: 300 },
    );
  });

  test("a constant stays constant, every pixel weighs something, and windows lie inside", () => {
    fc.assert(
      fc.property(cases, ({ shape, ...options }) => {
        const slicer = Slicer.slices({ fit: "tile", ...options });
        const volume = filled(shape, () => 1);
        const samples = samplesOf(slicer, [volume], 1, () => 1000);
        const { data } = assemble(slicer, samples, volume)[0]!;
        for (const v of data) expect(Math.abs(v / 1000 - 1)).toBeLessThan(1e-6);
        for (const w of importanceMap(options.size, options.blend)) expect(w).toBeGreaterThan(0);
        const plane = Slicer.slices({ axis: options.axis }).size(shape);
        for (const [, top, left] of slicer.grid(shape))
          for (const [d, start] of [top, left].entries())
            if (plane[d]! >= options.size[d]!) {
              expect(start).toBeGreaterThanOrEqual(0);
              expect(start + options.size[d]!).toBeLessThanOrEqual(plane[d]!);
            }
      }),
      { numRuns: 200 },
    );
  });
});

test("samples come slice by slice, and within a slice row by row", () => {
  const shape: Triple = [6, 4, 2];
  const volume = new Volume({ shape, data: Float32Array.from({ length: 48 }, (_, i) => i) });
  const slicer = Slicer.slices({ fit: "tile", size: [2, 4], overlap: 0.25 });
  expect(slicer.grid(shape).length).toBe(2 * 3 * 2); // rows at 0, 1, 2; columns at 0, 2
  const places = slicer.grid(shape).slice(0, 8);
  expect(places.map((place) => cut(slicer, [volume], [place]).data[0])).toEqual([0, 2, 6, 8, 12, 14, 24, 26]);
});

test("a slice that lacks tiles, another sample size and odd options are refused", () => {
  const volume = new Volume({ shape: [6, 4, 2], data: new Float32Array(48) });
  const slicer = Slicer.slices({ fit: "tile", size: [4, 4], overlap: 0 });
  const samples = samplesOf(slicer, [volume]);
  expect(() => assemble(slicer, samples.slice(0, 1), volume)).toThrow("slice 1 has 1 of its 2 tiles");
  const other = Slicer.slices({ fit: "tile", size: [4, 6], overlap: 0 });
  expect(() => assemble(other, samples, volume)).toThrow("expected [3, 4, 6, 1]");
  expect(() => Slicer.slices({ fit: "tile" })).toThrow('fit "tile" needs the size of a tile');
  expect(() => Slicer.slices({ fit: "tile", size: [4, 4], overlap: 1 })).toThrow("below 1, got 1");
  expect(() => Slicer.slices({ size: [4, 4], overlap: 0.5 })).toThrow('overlap is for fit "tile" only');
  expect(() => Slicer.slices({ fit: "tiles" as "tile" })).toThrow("fit must be crop-pad, resize or tile");
  const blend = "mean" as Blend;
  expect(() => Slicer.slices({ fit: "tile", size: [4, 4], blend })).toThrow(
    "blend must be gaussian or constant",
  );
});

test("JSON carries what tiles need, and nothing of it otherwise", () => {
  const slicer = Slicer.slices({
    fit: "tile",
    size: [4, 8],
    overlap: 0.5,
    blend: "constant",
    axis: "coronal",
  });
  expect(parseSampler(JSON.parse(JSON.stringify(slicer))).toJSON()).toEqual(slicer.toJSON());
  expect(slicer.toJSON()).toMatchObject({ overlap: 0.5, blend: "constant" });
  expect(Slicer.slices().toJSON()).toEqual({
    type: "slices",
    axis: "axial",
    size: null,
    fit: "crop-pad",
    context: 0,
  });
});
