import { describe, expect, test } from "vitest";
import { cut } from "../../../../test/support/sampling.ts";
import type { SliceAxis } from "../../../imaging/display/index.ts";
import { type Triple, Volume } from "../../../imaging/volume/index.ts";
import { parseSampler } from "./sampler-types.ts";
import { Slicer } from "./slicer.ts";

/** A volume whose value is `base` plus the number of the slice along an axis. */
function slicesOf(axis: 0 | 1 | 2, base = 0): Volume {
  const shape: Triple = [4, 3, 5];
  const data = Float32Array.from({ length: 60 }, (_, i) => {
    const voxel = [i % 4, Math.floor(i / 4) % 3, Math.floor(i / 12)];
    return base + voxel[axis]!;
  });
  return new Volume({ shape, data });
}

const pixel = (data: Float32Array, channels: number, sample: number, pixels: number) => [
  ...data.slice(sample * pixels * channels, sample * pixels * channels + channels),
];

describe("neighbouring slices as channels", () => {
  test.each<[SliceAxis, 0 | 1 | 2]>([
    ["axial", 2],
    ["coronal", 1],
    ["sagittal", 0],
  ])("%s: from the lowest to the highest, volume by volume, the volume's last slice repeated", (axis, d) => {
    const slicer = Slicer.slices({ axis, context: 2 });
    const [t1, t2] = [slicesOf(d), slicesOf(d, 100)];
    const last = t1.shape[d] - 1;
    const places = slicer.grid(t1.shape);
    const { data, shape } = cut(slicer, [t1, t2], [places[0]!, places[1]!, places[last]!]);
    const [h, w] = slicer.size(t1.shape) as [number, number];
    expect(shape).toEqual([3, h, w, 10]);
    expect(slicer.channels(2)).toBe(10);
    const at = (n: number) => [n - 2, n - 1, n, n + 1, n + 2].map((s) => Math.min(last, Math.max(0, s)));
    for (const [sample, n] of [0, 1, last].entries())
      expect(pixel(data, 10, sample, h * w)).toEqual([...at(n), ...at(n).map((v) => v + 100)]);
  });

  test("padding has each image's own value in all its channels; a mask is the middle slice's", () => {
    const volume = slicesOf(2, 1);
    const mask = volume.with({ data: volume.data.map((v) => (v === 3 ? 1 : 0)) as Float32Array });
    const slicer = Slicer.slices({ context: 1, size: [3, 6] });
    const place = slicer.grid(volume.shape)[2]!;
    const images = [7, 8].map((outside) => ({ volume, outside }));
    const batch = slicer.cut(images, [place], { grid: volume });
    expect([...batch.data.slice(0, 12)]).toEqual([7, 7, 7, 8, 8, 8, 2, 3, 4, 2, 3, 4]);
    const middle = slicer.cut([{ volume: mask, outside: 0 }], [place], { grid: volume, context: 0 });
    expect([...middle.data.slice(0, 6)]).toEqual([0, 1, 1, 1, 1, 0]);
  });

  test("a target asks for the middle slice alone", () => {
    const volume = slicesOf(2);
    const target = Slicer.slices({ context: 3 }).cut([{ volume, outside: 0 }], [[4, 0, 0]], {
      grid: volume,
      context: 0,
    });
    expect(target.shape).toEqual([1, 3, 4, 1]);
    expect(new Set(target.data)).toEqual(new Set([4]));
  });

  test("it travels as JSON; files without it have none", () => {
    const json = { type: "slices", axis: "axial", size: null, fit: "crop-pad" };
    expect(parseSampler(Slicer.slices({ context: 2 }).toJSON()).channels(1)).toBe(5);
    expect(parseSampler(json).channels(1)).toBe(1);
    expect(() => Slicer.slices({ context: 0.5 })).toThrow("context must be 0, 1, 2, …; got 0.5");
    expect(() => parseSampler({ ...json, context: -1 })).toThrow("context must be");
  });
});
