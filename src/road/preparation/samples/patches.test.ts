import fc from "fast-check";
import { describe, expect, test } from "vitest";
import fixture from "../../../../test/fixtures/slicer/patches.json" with { type: "json" };
import { assemble, cut, samplesOf } from "../../../../test/support/sampling.ts";
import { seamRatios } from "../../../../test/support/seams.ts";
import { Random } from "../../../base/random/index.ts";
import { type Triple, Volume } from "../../../imaging/volume/index.ts";
import type { Blend } from "./blend.ts";
import type { PatchOptions } from "./patch-options.ts";
import { parseSampler } from "./sampler-types.ts";
import { Slicer } from "./slicer.ts";

type Corner = readonly [number, number, number];

function filled(shape: Triple, value: (x: number, y: number, z: number) => number): Volume {
  const [nx, ny, nz] = shape;
  const data = Float32Array.from({ length: nx * ny * nz }, (_, i) =>
    value(i % nx, Math.floor(i / nx) % ny, Math.floor(i / nx / ny)),
  );
  return new Volume({ shape, data });
}

const reversed = (v: readonly number[]) => [...v].reverse() as unknown as Triple;

test("a patch is [D, H, W] = [z, y, x], padded with each image's own value", () => {
  const volume = filled([4, 3, 2], (x, y, z) => 100 * z + 10 * y + x);
  const images = [
    { volume, outside: 7 },
    { volume: volume.with({ data: volume.data.map((v) => -v) as Float32Array }), outside: 8 },
    undefined,
  ];
  const sampler = Slicer.patches({ size: [3, 2, 2] });
  const { data, shape, present } = sampler.cut(images, [[-1, 1, 3]], { grid: volume, context: 2 });
  expect(shape).toEqual([1, 3, 2, 2, 3]);
  expect([...present!]).toEqual([1, 1, 0]);
  expect([...data].map((v) => v + 0)).toEqual([
    ...[7, 8, 0, 7, 8, 0, 7, 8, 0, 7, 8, 0],
    ...[13, -13, 0, 7, 8, 0, 23, -23, 0, 7, 8, 0],
    ...[113, -113, 0, 7, 8, 0, 123, -123, 0, 7, 8, 0],
  ]);
  expect([sampler.dims, sampler.axes, sampler.channels(3)]).toEqual([3, ["z", "y", "x"], 3]);
});

describe.each(
  fixture.cases.map((c) => [`${c.shape} in ${c.size}, overlap ${c.overlap}, ${c.blend}`, c] as const),
)("against NumPy, windows by MONAI: %s", (_name, c) => {
  const size = c.size as unknown as Corner;
  const sampler = Slicer.patches({ size, overlap: c.overlap, blend: c.blend as Blend });
  const data = Float32Array.from(c.out, (_, i) => ((37 * i) % 101) - 50);
  const volume = new Volume({ shape: reversed(c.shape), data });

  test("windows, blended outputs of two channels", () => {
    const pad = c.shape.map((n, d) => Math.floor(Math.max(0, size[d]! - n) / 2));
    const places = sampler.grid(volume.shape);
    expect(places.map((place) => place.map((n, d) => n + pad[d]!))).toEqual(c.starts);
    const samples = samplesOf(
      sampler,
      [volume, volume],
      -7,
      (v, p) => v + 10 * (Math.floor(p / size[2]) % size[1]),
    );
    for (const { batch } of samples) for (let i = 1; i < batch.data.length; i += 2) batch.data[i]! *= -0.5;
    for (const [channel, { data }] of assemble(sampler, samples, volume).entries()) {
      let worst = 0;
      for (const [i, v] of c.out.entries())
        worst = Math.max(worst, Math.abs(data[i]! - v * (channel === 0 ? 1 : -0.5)));
      expect(worst).toBeLessThan(2e-5); // float32 of numbers up to 130
    }
  });
});

const length = fc.integer({ min: 1, max: 9 });
const options = fc.record({
  size: fc.tuple(length, length, length),
  overlap: fc.oneof(fc.constantFrom(0, 0.25, 0.5), fc.double({ min: 0, max: 0.9, noNaN: true })),
  blend: fc.constantFrom<Blend>("gaussian", "constant"),
});

test("assembling undoes cutting: any volume, any patches, any channels", () => {
  fc.assert(
    fc.property(
      fc.tuple(length, length, length),
      options,
      fc.integer({ min: 1, max: 3 }),
      (shape, how, channels) => {
        const sampler = Slicer.patches(how);
        const volumes = Array.from({ length: channels }, (_, c) =>
          filled(shape, (x, y, z) => Math.sin((c + 1) * (1 + x + 10 * y + 100 * z))),
        );
        const back = assemble(sampler, samplesOf(sampler, volumes, 5).reverse(), volumes[0]!, Number.NaN);
        expect(back.length).toBe(channels);
        let worst = 0;
        for (const [c, { data }] of back.entries())
          for (const [i, v] of data.entries()) worst = Math.max(worst, Math.abs(v - volumes[c]!.data[i]!));
        expect(worst).toBeLessThan(1e-6);
      },
    ),
    { numRuns: 200 },
  );
});

test("patches of a grid lie inside and end with the volume; a smaller volume has one in its middle", () => {
  fc.assert(
    fc.property(fc.tuple(length, length, length), options, (shape, how) => {
      const places = Slicer.patches(how).grid(shape);
      for (const [d, n] of reversed(shape).entries()) {
        const starts = places.map((place) => place[d]!);
        if (n >= how.size[d]!) {
          expect(Math.min(...starts)).toBe(0);
          expect(Math.max(...starts)).toBe(n - how.size[d]!);
        } else expect(new Set(starts)).toEqual(new Set([-Math.floor((how.size[d]! - n) / 2)]));
      }
    }),
  );
});

describe("draw", () => {
  const sampler = Slicer.patches({ size: [4, 6, 2], perCase: 200 });
  const shape: Triple = [12, 10, 8];
  const anatomy = (x: number, y: number, z: number) => x >= 3 && y < 5 && z > 1;
  const weights = filled(shape, (x, y, z) => (anatomy(x, y, z) ? (x % 2 ? 0.1 : 1) : 0));

  test("each patch is centred on a voxel that has weight, and moved into the volume", () => {
    const places = sampler.draw(weights, new Random(1));
    expect(places.length).toBe(200);
    for (const place of places) {
      for (const [d, n] of [8, 10, 12].entries()) {
        expect(place[d]).toBeGreaterThanOrEqual(0);
        expect(place[d]! + sampler.fixedSize![d]!).toBeLessThanOrEqual(n);
      }
      const [z, y, x] = place;
      expect(x + 1 >= 3 && y < 5 && z + 4 > 1).toBe(true);
    }
    // Voxels of weight are drawn alike, whatever they weigh: of z 2 to 7 those up to 2 begin at 0 and those from 6 on end with the volume.
    const counts = [0, 1, 2, 3, 4].map((z) => places.filter((p) => p[0] === z).length / 200);
    for (const [z, share] of [1 / 6, 1 / 6, 1 / 6, 1 / 6, 2 / 6].entries())
      expect(Math.abs(counts[z]! - share)).toBeLessThan(0.1);
  });

  test("it depends on the generator alone, and gives nothing where nothing weighs", () => {
    expect(sampler.draw(weights, new Random(1))).toEqual(sampler.draw(weights, new Random(1)));
    expect(sampler.draw(weights, new Random(2))).not.toEqual(sampler.draw(weights, new Random(1)));
    expect(
      sampler.draw(
        filled(shape, () => 0),
        new Random(1),
      ),
    ).toEqual([]);
  });

  test("the only voxel that weighs is the centre; a volume that is smaller is padded on both sides", () => {
    const one = filled(shape, (x, y, z) => (x === 6 && y === 4 && z === 5 ? 1 : 0));
    const small = Slicer.patches({ size: [3, 5, 20], perCase: 2 });
    expect(small.draw(one, new Random(3))).toEqual([
      [4, 2, -4],
      [4, 2, -4],
    ]);
  });
});

test.each<[Corner, Triple, number, number[]]>([
  [[96, 96, 96], [200, 180, 120], 16, [96, 96, 96]],
  [[90, 100, 96], [200, 180, 120], 16, [96, 112, 96]],
  [[96, 96, 96], [200, 180, 33], 16, [48, 96, 96]],
])("patches of %j over %j voxels in multiples of %i: %j", (size, shape, multipleOf, expected) => {
  const sampler = Slicer.patches({ size, overlap: 0.5, perCase: 2 }).covering(shape, multipleOf);
  expect(sampler.size(shape)).toEqual(expected);
  expect(sampler.toJSON()).toMatchObject({ overlap: 0.5, perCase: 2 });
});

describe("seams", () => {
  const shape = [56, 52, 50] as const;
  // A wave that runs through whole periods along each axis, so that no plane is steeper than another.
  const volume = filled(shape, (x, y, z) =>
    Math.sin(2 * Math.PI * (x / shape[0] + y / shape[1] + z / shape[2])),
  );
  const size = [24, 20, 22] as const;
  /** Up to a fifth of the wave too much at a patch's rim, and less within. */
  const network = (v: number, pixel: number) => {
    const at = [
      Math.floor(pixel / (size[1] * size[2])),
      Math.floor(pixel / size[2]) % size[1],
      pixel % size[2],
    ];
    const rim = Math.min(...at.map((n, d) => Math.min(n, size[d]! - 1 - n)));
    return v + 0.2 * Math.exp(-rim / 3);
  };
  const ratios = (how: PatchOptions) => {
    const sampler = Slicer.patches({ size, ...how });
    const blended = assemble(sampler, samplesOf(sampler, [volume], 0, network), volume)[0]!;
    return Object.values(seamRatios(blended, sampler));
  };

  test("a Gaussian blend leaves none where a network is wrong at the rim", () => {
    for (const ratio of [...ratios({}), ...ratios({ overlap: 0.5 })]) {
      expect(ratio).toBeGreaterThan(0.95);
      expect(ratio).toBeLessThan(1.05);
    }
  });

  test("the measure sees them where patches count alike, or meet without overlap", () => {
    for (const ratio of ratios({ blend: "constant" })) expect(ratio).toBeGreaterThan(1.05);
    const shifted = (v: number, pixel: number) => v + (pixel % size[2] < size[2] / 2 ? 0.1 : -0.1);
    const sampler = Slicer.patches({ size, overlap: 0 });
    const blended = assemble(sampler, samplesOf(sampler, [volume], 0, shifted), volume)[0]!;
    expect(seamRatios(blended, sampler).x).toBeGreaterThan(1.05);
    expect(seamRatios(volume, sampler).x).toBeCloseTo(1, 1);
  });
});

test("JSON carries all options; impossible ones are refused", () => {
  const sampler = Slicer.patches({ size: [8, 16, 4], overlap: 0, blend: "constant", perCase: 7 });
  expect(parseSampler(JSON.parse(JSON.stringify(sampler))).toJSON()).toEqual(sampler.toJSON());
  expect(Slicer.patches().toJSON()).toEqual({
    type: "patches",
    size: [96, 96, 96],
    overlap: 0.25,
    blend: "gaussian",
    perCase: 4,
  });
  expect(() => Slicer.patches({ size: [8, 8] as unknown as Corner })).toThrow("[depth, height, width]");
  expect(() => Slicer.patches({ overlap: 1 })).toThrow("below 1, got 1");
  expect(() => Slicer.patches({ perCase: 0 })).toThrow("perCase must be a positive integer, got 0");
  expect(() => Slicer.patches({ blend: "mean" as Blend })).toThrow("gaussian or constant");
});

test("a volume that lacks patches is refused", () => {
  const volume = filled([6, 6, 6], (x) => x);
  const sampler = Slicer.patches({ size: [4, 4, 4] });
  const assembler = sampler.assembler(volume, { channels: 1, fill: [-1] });
  expect(new Set(assembler.volumes()[0]!.data)).toEqual(new Set([-1])); // none at all
  const places = sampler.grid(volume.shape).slice(0, 3);
  const other = sampler.assembler(volume, { channels: 1, fill: [-1] });
  other.add({ places, batch: cut(sampler, [volume], places) });
  expect(() => other.volumes()).toThrow("the volume has 3 of its 8 patches");
});
