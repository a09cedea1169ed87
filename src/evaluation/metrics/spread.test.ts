import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { reorient, Volume } from "../../imaging/volume/index.ts";
import { Metrics } from "./metrics.ts";

const { rows } = JSON.parse(
  readFileSync(new URL("../../../test/fixtures/metrics/correlation.json", import.meta.url), "utf8"),
) as {
  readonly rows: Readonly<
    Record<
      string,
      {
        readonly a: readonly number[];
        readonly b: readonly number[];
        readonly pearson: number;
        readonly spearman: number;
      }
    >
  >;
};

/** Numbers as a volume of one row. */
function line(values: readonly number[], unit: "HU" | "unknown" = "HU"): Volume {
  return new Volume({ shape: [values.length, 1, 1], data: Float64Array.from(values), unit });
}

test.each(Object.keys(rows))("%s: as SciPy", async (name) => {
  const { a, b, pearson, spearman } = rows[name]!;
  // The error is |b| where the CT is 0; values below 0 are moved up, which no correlation minds.
  const up = (values: readonly number[]) => values.map((v) => v - Math.min(0, ...values));
  const report = await Metrics.spread(line(up(b)), line(b.map(() => 0)), line(up(a)));
  expect(Math.abs(report.pearson.value - pearson)).toBeLessThan(1e-9);
  expect(Math.abs(report.spearman.value - spearman)).toBeLessThan(1e-12);
  const sum = up(a).reduce((x, y) => x + y, 0);
  expect(report.mean).toMatchObject({ value: expect.closeTo(sum / a.length, 6), unit: "HU" });
});

test("the mask's voxels alone count, in whatever orientation, on either side of the CT", async () => {
  const shape = [2, 2, 2] as const;
  const of = (data: number[]) => new Volume({ shape, data: Float32Array.from(data), unit: "HU" });
  const ct = of([0, 0, 0, 0, 0, 0, 0, 0]);
  const sct = of([1, -2, 3, -4, 9, 9, 9, 9]);
  const spread = of([1, 2, 3, 5, 0, 0, 7, 7]);
  const mask = of([1, 1, 1, 1, 0, 0, 0, 0]).with({ unit: "unknown" });
  const report = await Metrics.spread(sct, ct, reorient(spread, "LPI"), { mask });
  expect(report.spearman).toMatchObject({ value: 1, voxels: 4, preset: "spread", dataRange: null });
  expect(report.spearman.maskRule).toBe(
    "voxels inside the given mask (above 0); the spread against the absolute error",
  );
  expect(report.pearson.value).toBeCloseTo(0.98271, 4); // numpy.corrcoef([1, 2, 3, 5], [1, 2, 3, 4])
});

test("a spread that is the same everywhere has no correlation; one that is none is refused", async () => {
  const [ct, sct] = [line([0, 0, 0]), line([1, 2, 3])];
  const flat = await Metrics.spread(sct, ct, line([2, 2, 2]));
  expect(flat.pearson).toMatchObject({
    value: Number.NaN,
    why: "the spread or the error is the same everywhere",
  });
  expect(flat.spearman.value).toBeNaN();
  await expect(Metrics.spread(sct, ct, line([1, -2, 3]))).rejects.toThrow("holds -2, and a spread is 0 or");
  await expect(Metrics.spread(sct, ct, line([1, 2, Number.NaN]))).rejects.toThrow("1 voxels are NaN");
  await expect(Metrics.spread(sct, ct, line([1, 2, 3], "unknown"))).rejects.toThrow("must be in HU");
  await expect(Metrics.spread(sct, ct, line([1, 2]))).rejects.toThrow("spread");
});
