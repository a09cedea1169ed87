import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { rebuild } from "../../../test/fixtures/metrics/rebuild.ts";
import type { Triple } from "../../imaging/volume/index.ts";
import { Metrics } from "./index.ts";

type Numbers = Readonly<Record<"mae" | "rmse" | "psnr" | "ssim", number>> & { readonly msssim?: number };
const cases: Readonly<
  Record<
    string,
    {
      readonly size: readonly [number, number, number, number];
      readonly range: readonly [number, number];
      readonly masked: boolean;
      readonly single: Numbers;
      readonly double: Numbers;
    }
  >
> = JSON.parse(
  readFileSync(new URL("../../../test/fixtures/metrics/monai.json", import.meta.url), "utf8"),
).cases;

const apart = (a: number, b: number) => Math.abs(a - b) / Math.abs(b);

describe("monai", () => {
  it.each(Object.keys(cases))("%s equals MONAI", async (name) => {
    const { size, range, masked, single, double } = cases[name]!;
    const { prediction, reference, mask } = rebuild(size.slice(0, 3) as unknown as Triple, size[3]);
    const report = await Metrics.evaluate(prediction, reference, {
      preset: "monai",
      dataRange: range,
      ...(masked ? { mask } : {}),
    });
    for (const metric of ["mae", "rmse", "psnr", "ssim", "msssim"] as const) {
      const { value, why } = report[metric]!;
      if (double[metric] === undefined) {
        expect(value).toBeNaN();
        expect(why).toMatch(/^MONAI's MS-SSIM needs 176 voxels or more an axis, this volume is \d+×\d+×\d+$/);
        continue;
      }
      // MONAI keeps the weights of the scales in float32 even so.
      const tolerance = metric === "msssim" ? 1e-8 : 1e-9;
      expect(apart(value, double[metric]), `${metric} in float64`).toBeLessThan(tolerance);
      expect(apart(value, single[metric]!), `${metric} in float32`).toBeLessThan(5e-5);
    }
  });

  it("says what it did with the mask and the range", async () => {
    const { prediction, reference, mask } = rebuild([24, 20, 16], 12345);
    const report = await Metrics.evaluate(prediction, reference, { preset: "monai", mask });
    expect(report.mae).toMatchObject({ dataRange: [-1024, 3000], voxels: 7680, unit: "HU" });
    expect(report.mae.maskRule).toBe("all voxels; both -1024 HU outside the given mask (above 0)");
    expect(report.ssim.voxels).toBe(14 * 10 * 6);
  });

  it("small and constant volumes: undefined, and why", async () => {
    const { prediction, reference } = rebuild([24, 20, 10], 3);
    const report = await Metrics.evaluate(prediction, reference, { preset: "monai" });
    expect(report.ssim).toMatchObject({
      value: Number.NaN,
      voxels: 0,
      why: "MONAI's SSIM needs 11 voxels or more an axis, this volume is 24×20×10",
    });
    const flat = reference.with({ data: new Float32Array(reference.size) });
    const same = await Metrics.evaluate(flat, flat, { preset: "monai" });
    expect(same.psnr.why).toMatch(/identical/);
    expect(same.ncc!.why).toMatch(/constant/);
  });
});
