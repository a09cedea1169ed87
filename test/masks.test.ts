import { expect, test } from "vitest";
import {
  Classifier,
  LookupBaseline,
  Metrics,
  Normalizer,
  percentiles,
  statistics,
  Volume,
} from "../src/index.ts";

/** Stored 0 to 3, values -2 to 1: only the last voxel is inside, though three are stored as something else than 0. */
const mask = new Volume({
  shape: [4, 1, 1],
  data: Uint8Array.of(0, 1, 2, 3),
  scaling: { slope: 1, intercept: -2 },
});
const ct = new Volume({ shape: [4, 1, 1], data: Float32Array.of(-1000, 100, 200, 300), unit: "HU" });
const sct = ct.with({ data: Float32Array.of(0, 0, 0, 290), unit: "HU" });

test("a voxel is inside a mask where its value is above 0, to all that take masks", async () => {
  expect(statistics(ct, { mask })).toMatchObject({ voxels: 1, mean: 300 });
  expect(percentiles(ct, [0, 100], { mask })).toEqual([300, 300]);
  const two = mask.with({ data: Int8Array.of(-1, 0, 1, 2) }); // two voxels inside
  expect(Normalizer.minmax().fit(ct, { mask: two }).apply(ct).values()).toEqual(Float32Array.of(0, 0, 0, 1));
  const { labels, table } = await Classifier.density().classify(ct, { mask });
  expect([[...labels.data], table.map(({ voxels }) => voxels)]).toEqual([
    [0, 0, 0, 4],
    [0, 0, 0, 1],
  ]);
  const lookup = LookupBaseline.fit([
    { input: Float32Array.of(1), target: Float32Array.of(50), mask: Uint8Array.of(1) },
  ]);
  expect([...lookup.predict(ct, { mask }).values()]).toEqual([-1000, -1000, -1000, 50]);

  const cube = (volume: Volume) => {
    const all = Array.from({ length: 8 ** 3 }, (_, i) => volume.data[i % 4]!);
    return volume.with({ shape: [8, 8, 8], data: Float32Array.from(all), scaling: volume.scaling });
  };
  const { mae } = await Metrics.evaluate(cube(sct), cube(ct), { mask: cube(mask), preset: "synthrad2023" });
  expect([mae.value, mae.voxels]).toEqual([10, 128]);
});
