import fc from "fast-check";
import { describe, expect, test } from "vitest";
import fixture from "../../../../test/fixtures/slicer/tiles.json" with { type: "json" };
import { type Triple, Volume } from "../../../imaging/volume/index.ts";
import type { SampleBatch } from "./sample-batch.ts";
import type { SliceAxis } from "./slice-options.ts";
import { Slicer } from "./slicer.ts";
import { type Blend, coveringWindows, importanceMap } from "./tiles.ts";

type Pair = readonly [number, number];

/** All samples of a volume in batches of three, each changed by `network`. */
function samplesOf(
  slicer: Slicer,
  volume: Volume,
  fill: number,
  network = (v: number, _pixel: number) => v,
): SampleBatch[] {
  const count = slicer.count(volume.shape);
  const out: SampleBatch[] = [];
  for (let at = 0; at < count; at += 3) {
    const indices = Array.from({ length: Math.min(3, count - at) }, (_, n) => at + n);
    const batch = slicer.batch({ volumes: [volume], indices, fill: [fill] });
    const pixels = batch.shape[1]! * batch.shape[2]!;
    out.push({ batch: { ...batch, data: batch.data.map((v, i) => network(v, i % pixels)) }, indices });
  }
  return out;
}

describe.each(
  fixture.cases.map((c) => [`${c.plane} in ${c.size}, overlap ${c.overlap}, ${c.blend}`, c] as const),
)("against MONAI: %s", (_name, c) => {
  const [plane, size] = [c.plane as unknown as Pair, c.size as unknown as Pair];

  test("windows and weights", () => {
    const pad = plane.map((n, d) => Math.floor(Math.max(0, size[d]! - n) / 2));
    const starts = coveringWindows(plane, size, c.overlap).map((w) => [w.top + pad[0]!, w.left + pad[1]!]);
    expect(starts).toEqual(c.starts);
    for (const [p, w] of importanceMap(size, c.blend as Blend).entries())
      expect(w).toBeCloseTo(c.weights[p]!, 6);
  });

  test("what a network gives, blended", () => {
    const volume = new Volume({ shape: [plane[1], plane[0], 1], data: Float32Array.from(c.image) });
    const slicer = Slicer.slices({ fit: "tile", size, overlap: c.overlap, blend: c.blend as Blend });
    const network = (v: number, pixel: number) => v + 10 * Math.floor(pixel / size[1]);
    const { data } = slicer.assemble(samplesOf(slicer, volume, -7, network), volume);
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

  test("assemble undoes batch", () => {
    fc.assert(
      fc.property(cases, ({ shape, seed, ...options }) => {
        const slicer = Slicer.slices({ fit: "tile", ...options });
        const volume = filled(shape, (i) => Math.sin(seed * (i + 1)));
        const back = slicer.assemble(samplesOf(slicer, volume, 5).reverse(), volume, { fill: Number.NaN });
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
        const { data } = slicer.assemble(
          samplesOf(slicer, volume, 1, () => 1000),
          volume,
        );
        for (const v of data) expect(Math.abs(v / 1000 - 1)).toBeLessThan(1e-6);
        for (const w of importanceMap(options.size, options.blend)) expect(w).toBeGreaterThan(0);
        const plane = slicer.planeSize(shape);
        for (const window of coveringWindows(plane, options.size, options.overlap))
          for (const [d, start] of [window.top, window.left].entries())
            if (plane[d]! >= options.size[d]!) {
              expect(start).toBeGreaterThanOrEqual(0);
              expect(start + options.size[d]!).toBeLessThanOrEqual(plane[d]!);
            }
      }),
      { numRuns: 200 },
    );
  });
});

test("samples are numbered slice by slice, and within a slice row by row", () => {
  const shape: Triple = [6, 4, 2];
  const volume = new Volume({ shape, data: Float32Array.from({ length: 48 }, (_, i) => i) });
  const slicer = Slicer.slices({ fit: "tile", size: [2, 4], overlap: 0.25 });
  expect(slicer.count(shape)).toBe(2 * 3 * 2); // rows at 0, 1, 2; columns at 0, 2
  const first = (n: number) => slicer.batch({ volumes: [volume], indices: [n] }).data[0];
  expect(Array.from({ length: 8 }, (_, n) => first(n))).toEqual([0, 2, 6, 8, 12, 14, 24, 26]);
});

test("a slice that lacks tiles, another sample size and odd options are refused", () => {
  const volume = new Volume({ shape: [6, 4, 2], data: new Float32Array(48) });
  const slicer = Slicer.slices({ fit: "tile", size: [4, 4], overlap: 0 });
  const samples = samplesOf(slicer, volume, 0);
  expect(() => slicer.assemble(samples.slice(0, 1), volume)).toThrow("slice 1 has 1 of its 2 tiles");
  expect(() => slicer.withSize([4, 6]).assemble(samples, volume)).toThrow("expected [3, 4, 6, 1]");
  expect(() => slicer.batch({ volumes: [volume], indices: [4] })).toThrow("sample 4 is outside 0 to 3");
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
  expect(Slicer.fromJSON(JSON.parse(JSON.stringify(slicer))).toJSON()).toEqual(slicer.toJSON());
  expect(slicer.toJSON()).toMatchObject({ overlap: 0.5, blend: "constant" });
  expect(Slicer.slices().toJSON()).toEqual({
    type: "slices",
    axis: "axial",
    size: null,
    fit: "crop-pad",
    context: 0,
  });
});
