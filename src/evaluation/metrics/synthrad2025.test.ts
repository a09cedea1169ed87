import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { rebuild } from "../../../test/fixtures/metrics/rebuild.ts";
import type { Triple } from "../../imaging/volume/index.ts";
import { METRIC_NAMES, Metrics, metricsOf } from "./index.ts";

type Names = (typeof METRIC_NAMES)[number] | "msssim" | "ncc";
interface Golden extends Readonly<Record<Names | "windows", number>> {
  readonly size: readonly [number, number, number, number];
  readonly classes: Readonly<
    Record<string, { readonly voxels: number; readonly mae: number | null; readonly me: number | null }>
  >;
}
const golden: Readonly<Record<string, Golden>> = JSON.parse(
  readFileSync(new URL("../../../test/fixtures/metrics/synthrad2025_golden.json", import.meta.url), "utf8"),
).cases;

/** Equal to 1e-9 relative. */
function same(actual: number, expected: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-9 * Math.abs(expected));
}

/** What the organisers' own code gives (SynthRAD2025/evaluation of 12 May 2025, scikit-image 0.26.0, SciPy 1.17.1). */
const OFFICIAL: Readonly<Record<string, readonly [mae: number, psnr: number, msssim: number]>> = {
  "small/mask/3071": [142.39234693877552, 23.148416365011197, 0.9903454035032435],
  "small/nomask/3071": [89.862109375, 25.788770239370777, 0.19764101938395554],
  "big/mask/3071": [139.22107705053853, 23.438804891411586, 0.9400093290486805],
  "big/nomask/3071": [87.82725436566379, 26.31053230117829, 0.9512297178373601],
  "small/mask/3000": [142.39234693877552, 22.996497684039873, 0.990262583433983],
  "small/nomask/3000": [89.862109375, 25.644229275986866, 0.19783871684638213],
  "big/mask/3000": [139.22107705053853, 23.28688621044026, 0.9396699060616043],
  "big/nomask/3000": [87.82725436566379, 26.158680298200565, 0.950922210353046],
};

describe("synthrad2025", () => {
  it.each(Object.keys(golden))("%s equals the challenge's code and formula to 1e-9", async (name) => {
    const [, masked, high] = name.split("/");
    const expected = golden[name]!;
    const { prediction, reference, mask } = rebuild(
      expected.size.slice(0, 3) as unknown as Triple,
      expected.size[3],
    );
    const report = await Metrics.evaluate(prediction, reference, {
      preset: "synthrad2025",
      ...(masked === "mask" ? { mask } : {}),
      ...(high === "3000" ? { dataRange: [-1024, 3000] } : {}),
    });
    const names = metricsOf(report).map(([metric]) => metric);
    expect(names).toEqual([...METRIC_NAMES, "msssim", "ncc"]);
    for (const metric of names) same(report[metric]!.value, expected[metric]);
    expect(report.msssim!.voxels).toBe(expected.windows);
    const official = OFFICIAL[name];
    if (official)
      [report.mae, report.psnr, report.msssim!].forEach(({ value }, n) => {
        same(value, official[n]!);
      });
    for (const { name: of, mae, me } of report.classes!) {
      const by = expected.classes[of]!;
      expect([mae.voxels, me.voxels]).toEqual([by.voxels, by.voxels]);
      if (by.mae === null)
        expect(mae).toMatchObject({ value: Number.NaN, why: expect.stringMatching(/no voxel/) });
      else same(mae.value, by.mae);
      if (by.me !== null) same(me.value, by.me);
    }
  });

  it("says which range it took, and takes another", async () => {
    const { prediction, reference, mask } = rebuild([24, 20, 16], 12345);
    const preset = "synthrad2025";
    const report = await Metrics.evaluate(prediction, reference, { mask, preset });
    expect(report.msssim).toMatchObject({ preset, dataRange: [-1024, 3071] });
    expect(report.msssim!.maskRule).toMatch(
      /five scales; borders repeated up to 97 voxels an axis; -1024 HU outside/,
    );
    expect(report.mae.dataRange).toBeNull();
    expect(report.ssim.maskRule).toMatch(/no metric of the challenge's/);
    await expect(
      Metrics.evaluate(prediction, reference, { preset: "synthrad2023", dataRange: [-1024, 3071] }),
    ).rejects.toThrow(/the data range of synthrad2023 is part of its definition/);
    await expect(Metrics.evaluate(prediction, reference, { preset, dataRange: [5, 5] })).rejects.toThrow(
      /must be two finite HU, low and high, got \[5,5\]/,
    );
  });

  it("a mask that holds no window at some scale: undefined, and why", async () => {
    const { prediction, reference } = rebuild([100, 98, 97], 777);
    // One voxel, odd in each index: gone in the mask of the second scale.
    const data = new Uint8Array(reference.size);
    data[51 + 100 * (49 + 98 * 47)] = 1;
    const mask = reference.with({ data, unit: "unknown" });
    const report = await Metrics.evaluate(prediction, reference, { mask, preset: "synthrad2025" });
    expect(report.msssim!.value).toBeNaN();
    expect(report.msssim!.why).toBe("no mask voxel is the centre of a window at scale 2 of 5 (of 2 voxels)");
    expect(Number.isFinite(report.ssim.value)).toBe(true);
    expect(report.ncc!.why).toMatch(/no correlation with a constant: the reference and the prediction/);
  });

  it("empty masks, NaN and constant volumes", async () => {
    const { prediction, reference, mask } = rebuild([12, 12, 12], 3);
    const preset = "synthrad2025";
    const empty = mask.with({ data: new Uint8Array(mask.size) });
    await expect(Metrics.evaluate(prediction, reference, { mask: empty, preset })).rejects.toThrow(
      /mask: is empty/,
    );
    const data = Float32Array.from(prediction.data);
    data[800] = Number.NaN;
    await expect(Metrics.evaluate(prediction.with({ data }), reference, { preset })).rejects.toThrow(
      /prediction: 1 voxels are NaN/,
    );
    const constant = reference.with({ data: new Float32Array(reference.size).fill(40) });
    const report = await Metrics.evaluate(constant, constant, { preset });
    expect(report.psnr).toMatchObject({
      value: Number.POSITIVE_INFINITY,
      why: expect.stringMatching(/identical/),
    });
    expect(report.ncc).toMatchObject({ value: Number.NaN, why: expect.stringMatching(/constant/) });
    expect(report.ssim.value).toBeCloseTo(1, 12);
  });
});
