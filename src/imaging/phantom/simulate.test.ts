import { describe, expect, it } from "vitest";
import { affineFromSpacing, orientationOf, type Triple, Volume } from "../volume/index.ts";
import { tissueTableForHeadLabels } from "./label-map-tissues.ts";
import { simulateFromLabels } from "./simulate.ts";
import { HeadLabel, headTissueTable } from "./tissues.ts";

/** A label block: `label(x, y, z)`, 1 mm. */
function block(
  shape: Triple,
  label: (x: number, y: number, z: number) => number,
  affine?: readonly number[],
): Volume {
  const data = new Uint16Array(shape[0] * shape[1] * shape[2]);
  let n = 0;
  for (let z = 0; z < shape[2]; z++)
    for (let y = 0; y < shape[1]; y++) for (let x = 0; x < shape[0]; x++) data[n++] = label(x, y, z);
  return new Volume({ shape, data, affine });
}

const quiet = { seed: 1, noise: 0, ctNoise: 0, bias: 0 };
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;
const sd = (values: ArrayLike<number>) => {
  const m = mean(values);
  return Math.sqrt(mean(Array.from(values, (v) => (v - m) ** 2)));
};

describe("simulateFromLabels", () => {
  it("averages what a voxel holds: half fat and half muscle lies halfway, in MR and CT", async () => {
    const { fat, muscle } = HeadLabel;
    const labels = block([12, 8, 8], (x) => (x < 5 ? fat : muscle)); // the boundary cuts voxel 2 of 6 in half
    const { ct, inputs } = await simulateFromLabels(labels, headTissueTable(), {
      ...quiet,
      spacing: [2, 2, 2],
    });
    expect(ct.shape).toEqual([6, 4, 4]);
    expect(ct.spacing).toEqual([2, 2, 2]);
    // Outer corner stays: first centre at 0.5 mm of the fine grid.
    expect(ct.affine[3]).toBeCloseTo(0.5, 12);
    const row = (v: Volume, i: number) => v.at(i, 2, 2);
    expect(row(ct, 1)).toBeLessThan(-60);
    expect(row(ct, 3)).toBeGreaterThan(20);
    expect(row(ct, 2)).toBeGreaterThan(-60);
    expect(row(ct, 2)).toBeLessThan(20);
    const t1 = inputs.t1!;
    expect(row(t1, 2)).toBeCloseTo((row(t1, 1) + row(t1, 3)) / 2, 3);
  });

  it("labels are the largest share, in the input's numbers", async () => {
    const labels = block([4, 4, 4], (x, y, z) => (x === 0 && y === 0 && z === 0 ? 516 : 515));
    const { labels: hard } = await simulateFromLabels(labels, tissueTableForHeadLabels(), {
      ...quiet,
      spacing: [2, 2, 2],
    });
    expect([...hard.data]).toEqual(new Array(8).fill(515));
    expect(hard.data).toBeInstanceOf(Uint16Array);
  });

  it("CT noise in tissue and air has the SD that was asked for", async () => {
    const air = block([40, 40, 10], () => 0);
    const { ct } = await simulateFromLabels(air, headTissueTable(), { seed: 2, ctNoise: 10 });
    const kept = Array.from(ct.values()).filter((hu) => hu > -1000); // the floor cuts the lower side
    expect(mean(ct.values())).toBeGreaterThan(-1003);
    expect(Math.sqrt(mean(kept.map((hu) => (hu + 1000) ** 2)))).toBeGreaterThan(9);
    const brain = block([40, 40, 10], () => HeadLabel.greyMatter);
    const noisy = await simulateFromLabels(brain, headTissueTable(), { seed: 2, ctNoise: 10 });
    const clean = await simulateFromLabels(brain, headTissueTable(), { seed: 2, ctNoise: 0 });
    const noise = Array.from(noisy.ct.data, (v, i) => v - clean.ct.data[i]!);
    expect(sd(noise)).toBeGreaterThan(9.5);
    expect(sd(noise)).toBeLessThan(10.6);
  });

  it("MR noise is Rician: Rayleigh in air with mean σ √(π/2), normal with SD σ in bright tissue", async () => {
    const labels = block([40, 40, 20], (x) => (x < 20 ? HeadLabel.air : HeadLabel.whiteMatter));
    const { inputs } = await simulateFromLabels(labels, headTissueTable(), { seed: 3, noise: 0.05, bias: 0 });
    const values = inputs.t1!.values();
    const half = (air: boolean) => Array.from(values).filter((_, i) => i % 40 < 20 === air);
    const white = half(false);
    const sigma = 0.05 * mean(white);
    expect(sd(white) / sigma).toBeGreaterThan(0.95);
    expect(sd(white) / sigma).toBeLessThan(1.05);
    expect(mean(half(true)) / (sigma * Math.sqrt(Math.PI / 2))).toBeGreaterThan(0.95);
    expect(mean(half(true)) / (sigma * Math.sqrt(Math.PI / 2))).toBeLessThan(1.05);
  });

  it("the bias field stays within ±bias of one level", async () => {
    const labels = block([40, 40, 40], () => HeadLabel.whiteMatter, affineFromSpacing([5, 5, 5]));
    const { inputs } = await simulateFromLabels(labels, headTissueTable(), { ...quiet, bias: 0.2 });
    const values = inputs.t1!.values();
    const high = Math.max(...values);
    const low = Math.min(...values);
    expect(high / low).toBeLessThan(1.2 / 0.8 + 1e-6);
    expect(high / low).toBeGreaterThan(1.2);
  });

  it("bone HU follows the density factor and varies by place", async () => {
    const labels = block([60, 60, 60], () => HeadLabel.corticalBone, affineFromSpacing([2, 2, 2]));
    const of = async (boneDensity: number) =>
      (
        await simulateFromLabels(labels, headTissueTable(), { ...quiet, boneDensity, spacing: [4, 4, 4] })
      ).ct.values();
    const [thin, dense] = [await of(0.8), await of(1.2)];
    expect(mean(dense) / mean(thin)).toBeCloseTo(1.5, 1);
    expect(sd(dense)).toBeGreaterThan(80);
  });

  it("soft tissue that the map does not divide is fat here and muscle there", async () => {
    const { ct } = await simulateFromLabels(
      block([40, 40, 40], () => 507),
      tissueTableForHeadLabels(),
      quiet,
    );
    const hu = ct.values();
    const share = (test: (v: number) => boolean) => Array.from(hu).filter(test).length / hu.length;
    expect(share((v) => v < -50)).toBeGreaterThan(0.2);
    expect(share((v) => v > 20)).toBeGreaterThan(0.3);
  });

  it("gives RAS images of labels in any orientation, at the same world place", async () => {
    // LIA, as the SynthSeg maps come: i to the left, j down, k forward.
    const lia = [-1, 0, 0, 10, 0, 0, 1, -20, 0, -1, 0, 30, 0, 0, 0, 1];
    const labels = block([6, 8, 10], (x, y, z) => (x === 1 && y === 2 && z === 3 ? 4 : 0), lia);
    const { labels: hard } = await simulateFromLabels(labels, headTissueTable(), quiet);
    expect(orientationOf(hard.affine)).toBe("RAS");
    const n = hard.data.indexOf(4);
    const [nx, ny] = hard.shape;
    const world = [n % nx, Math.floor(n / nx) % ny, Math.floor(n / (nx * ny))].map(
      (v, d) => v + hard.affine[4 * d + 3]!,
    );
    expect(world).toEqual([10 - 1, -20 + 3, 30 - 2]);
  });

  it("refuses a label without a tissue, a finer grid, and unknown contrasts", async () => {
    const labels = block([4, 4, 4], () => 99);
    await expect(simulateFromLabels(labels, headTissueTable(), quiet)).rejects.toThrow(/label 99 .* table/);
    const brain = block([4, 4, 4], () => HeadLabel.greyMatter);
    await expect(
      simulateFromLabels(brain, headTissueTable(), { ...quiet, spacing: [0.5, 1, 1] }),
    ).rejects.toThrow(/finer/);
    await expect(
      simulateFromLabels(brain, headTissueTable(), { ...quiet, contrasts: ["t9" as "t1"] }),
    ).rejects.toThrow(/unknown contrast "t9"/);
  });
});
