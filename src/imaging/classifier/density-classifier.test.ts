import { describe, expect, it } from "vitest";
import { affineFromSpacing, Volume } from "../volume/index.ts";
import { Classifier } from "./index.ts";

function ct(hu: readonly number[]): Volume {
  return new Volume({
    shape: [hu.length, 1, 1],
    data: Float32Array.from(hu),
    affine: affineFromSpacing([1, 2, 2.5]), // 0.005 mL a voxel
    unit: "HU",
    simulated: true,
  });
}

describe("Classifier.density", () => {
  it("includes the lower bound of a class and excludes the upper", async () => {
    const below = [-200.001, -20.001, 149.999].map(Math.fround);
    const { labels } = await Classifier.density().classify(ct([-1024, -200, -20, 150, 3071, ...below]));
    expect([...labels.data]).toEqual([1, 2, 3, 4, 4, 1, 2, 3]);
    expect(labels.data).toBeInstanceOf(Uint8Array);
    expect([labels.unit, labels.simulated]).toEqual(["unknown", true]);
    expect(labels.meta).toEqual({ labels: { "1": "air", "2": "fat", "3": "soft", "4": "bone" } });
  });

  it("counts, measures and averages inside the mask", async () => {
    const volume = ct([-1000, -100, -50, 40, 60, 1000, 700, 30]);
    const mask = volume.with({ data: Uint8Array.of(0, 1, 1, 1, 1, 1, 1, 0), unit: "unknown" });
    const { labels, table } = await Classifier.density().classify(volume, { mask });
    expect([...labels.data]).toEqual([0, 2, 2, 3, 3, 4, 4, 0]);
    expect(table.map((row) => [row.name, row.voxels, row.meanHU])).toEqual([
      ["air", 0, null],
      ["fat", 2, -75],
      ["soft", 2, 50],
      ["bone", 2, 850],
    ]);
    expect(table[1]!.mL).toBeCloseTo(0.01, 12);
    expect(table.reduce((sum, row) => sum + row.fraction, 0)).toBeCloseTo(1, 12);
  });

  it("reads stored integers through their scaling", async () => {
    const stored = new Volume({
      shape: [2, 1, 1],
      data: Int16Array.of(0, 1174),
      scaling: { slope: 1, intercept: -1024 },
      unit: "HU",
    });
    const { labels } = await Classifier.density().classify(stored);
    expect([...labels.data]).toEqual([1, 4]); // -1024 and exactly 150 HU
    expect(labels.at(1, 0, 0)).toBe(4);
  });

  it("takes other classes; HU beyond them and NaN get 0", async () => {
    const classes = [
      { name: "water", min: -10, max: 10, label: 7 },
      { name: "more", min: 10, max: 50, label: 2 },
    ];
    const { labels, table } = await Classifier.density({ classes }).classify(
      ct([-11, 0, 10, 50, Number.NaN]),
    );
    expect([...labels.data]).toEqual([0, 7, 2, 0, 0]);
    expect(table.map((row) => row.fraction)).toEqual([0.2, 0.2]);
  });

  it("gives the spread of each class", async () => {
    const { table } = await Classifier.density().classify(ct([40, 60, 50, 1000]));
    expect(table.map((row) => row.sdHU)).toEqual([null, null, Math.sqrt(200 / 3), 0]);
  });

  it("removes parts below a volume, across corners, class by class", async () => {
    const shape = [5, 4, 3] as const;
    const data = new Float32Array(60).fill(-1000);
    const at = (i: number, j: number, k: number) => i + 5 * (j + 4 * k);
    // Two bone voxels that touch by a corner, one alone; a fat voxel beside it is another class.
    for (const i of [at(0, 0, 0), at(1, 1, 1), at(4, 3, 2)]) data[i] = 500;
    data[at(3, 3, 2)] = -100;
    const volume = new Volume({ shape, data, affine: affineFromSpacing([1, 2, 2.5]), unit: "HU" }); // 0.005 mL a voxel
    const whole = await Classifier.density().classify(volume);
    expect(whole.table.map((row) => [row.voxels, row.removed])).toEqual([
      [56, 0],
      [1, 0],
      [0, 0],
      [3, 0],
    ]);
    const { labels, table } = await Classifier.density({ minMl: 0.01 }).classify(volume);
    expect(table.map((row) => [row.voxels, row.removed])).toEqual([
      [56, 0],
      [0, 1],
      [0, 0],
      [2, 1],
    ]);
    expect(table[3]).toMatchObject({ mL: 0.01, meanHU: 500, sdHU: 0, fraction: 2 / 60 });
    expect([at(0, 0, 0), at(1, 1, 1), at(4, 3, 2), at(3, 3, 2), 1].map((i) => labels.data[i])).toEqual([
      4, 4, 0, 0, 1,
    ]);
    const none = await Classifier.density({ minMl: 0.0101 }).classify(volume);
    expect(none.table.map((row) => row.removed)).toEqual([0, 1, 0, 3]);
    expect(() => Classifier.density({ minMl: -1 })).toThrow(/minMl must be 0 or more, got -1/);
  });

  it("refuses bad classes, other units, empty masks, other grids and aborted signals", async () => {
    const overlap = [
      { name: "a", min: 0, max: 10, label: 1 },
      { name: "b", min: 5, max: 20, label: 2 },
    ];
    expect(() => Classifier.density({ classes: overlap })).toThrow(/below the end of "a"/);
    const volume = ct([0, 1]);
    const classifier = Classifier.density();
    await expect(classifier.classify(volume.with({ unit: "arbitrary" }))).rejects.toThrow(
      /unit is "arbitrary"/,
    );
    await expect(
      classifier.classify(volume, { mask: volume.with({ data: new Uint8Array(2) }) }),
    ).rejects.toThrow(/empty/);
    await expect(classifier.classify(volume, { mask: ct([1]) })).rejects.toThrow(/different grids/);
    await expect(classifier.classify(volume, { signal: AbortSignal.abort() })).rejects.toThrow(/cancelled/);
  });
});
