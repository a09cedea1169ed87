import { expect, it } from "vitest";
import { affineFromSpacing, Volume } from "../../imaging/volume/index.ts";
import { Metrics } from "./index.ts";

const line = (...hu: number[]) =>
  new Volume({ shape: [hu.length, 1, 1], data: Float32Array.from(hu), unit: "HU", simulated: true });

it("sweeps thresholds; both bounds are included", async () => {
  const ct = line(0, 100, 99.5, 250, 1000, 1500, 1501, 800);
  const sct = line(0, 100, 100, 150, 1200, 1400, 1500, 3000);
  const report = await Metrics.boneDice(sct, ct);
  expect(report).toMatchObject({ preset: "bone-dice", simulated: true, upper: 1500 });
  const by = Object.fromEntries(report.thresholds.map(({ threshold, dice }) => [threshold, dice]));
  expect(Object.keys(by)).toEqual(["100", "200", "300", "400", "500", "600", "700", "800", "900", "1000"]);
  // ct holds 100, 250, 1000, 1500, 800; sct 100, 100, 150, 1200, 1400, 1500; both 100, 250/150, 1000/1200, 1500/1400
  expect(by[100]).toMatchObject({ value: 8 / 11, voxels: 11 });
  // 250, 1000, 1500, 800 and 1200, 1400, 1500: two in both
  expect(by[200]).toMatchObject({ value: 4 / 7, voxels: 7 });
  expect(by[1000]).toMatchObject({ value: 4 / 5, voxels: 5 });
  expect(by[1000]!.maskRule).toBe("no mask given: all voxels; 1000 ≤ HU ≤ 1500");
});

it("takes a mask, other thresholds, no upper bound; says when there is no bone", async () => {
  const ct = line(400, 2000, 0);
  const mask = line(0, 1, 1).with({ unit: "unknown" });
  const report = await Metrics.boneDice(ct, ct, {
    mask,
    thresholds: [3000, 300],
    upper: Number.POSITIVE_INFINITY,
  });
  expect(report.thresholds.map(({ threshold, dice }) => [threshold, dice.value, dice.voxels])).toEqual([
    [300, 1, 2],
    [3000, Number.NaN, 0],
  ]);
  expect(report.thresholds[1]!.dice.why).toBe("neither volume has a voxel of HU ≥ 3000");
});

it("refuses bad thresholds, other grids, empty masks, NaN", async () => {
  const ct = line(1, 2);
  await expect(Metrics.boneDice(ct, ct, { thresholds: [] })).rejects.toThrow(/at least one/);
  await expect(Metrics.boneDice(ct, ct, { thresholds: [1600] })).rejects.toThrow(/up to 1500, got 1600/);
  await expect(Metrics.boneDice(ct, ct, { thresholds: [Number.NaN] })).rejects.toThrow(/got NaN/);
  const moved = ct.with({ affine: affineFromSpacing([2, 1, 1]) });
  await expect(Metrics.boneDice(ct, moved)).rejects.toMatchObject({ kind: "grid-mismatch" });
  await expect(Metrics.boneDice(ct, ct, { mask: line(0, 0) })).rejects.toThrow(/mask: is empty/);
  await expect(Metrics.boneDice(ct, line(1, Number.NaN))).rejects.toThrow(/reference: 1 voxels are NaN/);
});
