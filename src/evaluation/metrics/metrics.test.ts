import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { rebuild } from "../../../test/fixtures/metrics/rebuild.ts";
import { DENSITY_CLASSES } from "../../imaging/hounsfield/index.ts";
import { affineFromSpacing, reorient, type Triple, Volume } from "../../imaging/volume/index.ts";
import { METRIC_NAMES, type MetricReport, Metrics, metricsOf } from "./index.ts";
import { measureSlices } from "./slice2d.ts";
import { ticker } from "./work.ts";

function fixture<T>(name: string): Record<string, T> {
  return JSON.parse(readFileSync(new URL(`../../../test/fixtures/metrics/${name}`, import.meta.url), "utf8"))
    .cases;
}

type Numbers = Record<(typeof METRIC_NAMES)[number], number>;
const golden = fixture<Numbers & { voxels: number; windows: number }>("synthrad2023_golden.json");
const sliced = fixture<{
  size: [number, number, number, number];
  identical?: number;
  mean: Numbers;
  slices: (Numbers & { slice: number })[];
}>("slice2d.json");

/** Equal to 1e-9 relative. */
function same(actual: number, expected: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-9 * Math.abs(expected));
}

const SIZES: Record<string, [Triple, number]> = { small: [[24, 20, 16], 12345], big: [[100, 98, 97], 777] };

describe("synthrad2023", () => {
  it.each(Object.keys(golden))("%s equals scikit-image to 1e-9", async (name) => {
    const [size, masked] = name.split("/") as [string, string];
    const { prediction, reference, mask } = rebuild(...SIZES[size]!);
    const options = masked === "mask" ? { mask } : {};
    const report = await Metrics.evaluate(prediction, reference, { ...options, preset: "synthrad2023" });
    const expected = golden[name]!;
    for (const metric of METRIC_NAMES) same(report[metric].value, expected[metric]);
    expect([report.mae.voxels, report.psnr.voxels, report.ssim.voxels]).toEqual([
      expected.voxels,
      expected.voxels,
      expected.windows,
    ]);
    expect(report.mae.maskRule).toMatch(
      masked === "mask" ? /inside the given mask/ : /no mask given: all voxels/,
    );
  });

  it("each value says what it is", async () => {
    const { prediction, reference } = rebuild([24, 20, 16], 12345);
    const report = await Metrics.evaluate(prediction.with({ simulated: true }), reference, {
      preset: "synthrad2023",
    });
    expect(report.simulated).toBe(true);
    expect(report.mae).toMatchObject({ unit: "HU", preset: "synthrad2023", dataRange: null });
    expect(report.psnr).toMatchObject({ unit: "dB", dataRange: [-1024, 3000] });
    expect(report.ssim.unit).toBeUndefined();
    expect(report.ssim.why).toBeUndefined();
  });

  it("does not depend on how voxels are stored", async () => {
    const { prediction, reference, mask } = rebuild([24, 20, 16], 12345);
    const report = await Metrics.evaluate(reorient(prediction, "LPI"), reference, {
      mask: reorient(mask, "SRA"),
      preset: "synthrad2023",
    });
    for (const metric of METRIC_NAMES) same(report[metric].value, golden["small/mask"]![metric]);
    const stored = reference.with({
      data: Int16Array.from(reference.data, (v) => (v + 4000) / 2),
      scaling: { slope: 2, intercept: -4000 },
    });
    const half = await Metrics.evaluate(stored, stored, { preset: "synthrad2023" });
    expect(half.mae.value).toBe(0);
  });

  it("identical volumes: infinite PSNR and why, SSIM 1", async () => {
    const { reference } = rebuild([10, 10, 10], 3);
    const report = await Metrics.evaluate(reference, reference, { preset: "synthrad2023" });
    expect(report.psnr).toMatchObject({
      value: Number.POSITIVE_INFINITY,
      why: expect.stringMatching(/identical/),
    });
    expect(report.ssim.value).toBeCloseTo(1, 12);
  });

  it("SSIM is NaN with a reason where no window fits", async () => {
    const thin = rebuild([20, 20, 6], 3);
    const report = await Metrics.evaluate(thin.prediction, thin.reference, { preset: "synthrad2023" });
    expect(report.ssim.value).toBeNaN();
    expect(report.ssim.why).toMatch(/7×7×7 window does not fit into a volume of 20×20×6/);
    const { prediction, reference } = rebuild([10, 10, 10], 3);
    const corner = reference.with({ data: new Uint8Array(1000).fill(1, 0, 5), unit: "unknown" });
    const rim = await Metrics.evaluate(prediction, reference, { mask: corner, preset: "synthrad2023" });
    expect(rim.ssim.value).toBeNaN();
    expect(rim.ssim.why).toMatch(/no mask voxel lies 3 voxels/);
    expect(rim.mae.voxels).toBe(5);
  });
});

describe("slice2d", () => {
  it.each(Object.keys(sliced))("%s equals scikit-image slice by slice", async (name) => {
    const { size, identical, mean, slices } = sliced[name]!;
    const [nx, ny, nz, seed] = size;
    const { reference, prediction: noisy } = rebuild([nx, ny, nz], seed);
    const data = Float32Array.from(noisy.data);
    if (identical !== undefined) {
      const range = [identical * nx * ny, (identical + 1) * nx * ny] as const;
      data.set(reference.data.subarray(...range), range[0]);
    }
    const prediction = noisy.with({ data });
    const tick = ticker(undefined, undefined);
    const rows = await measureSlices({
      prediction,
      reference,
      mask: undefined,
      maskName: undefined,
      inside: undefined,
      classes: DENSITY_CLASSES,
      dataRange: undefined,
      tick,
    });
    expect(rows.map((row) => row.slice)).toEqual(slices.map((row) => row.slice));
    rows.forEach((row, n) => {
      for (const metric of METRIC_NAMES) {
        const expected = slices[n]![metric];
        if (expected === null) expect(row[metric]).toBe(Number.POSITIVE_INFINITY);
        else same(row[metric], expected);
      }
    });
    const report = await Metrics.evaluate(prediction, reference, { preset: "slice2d" });
    for (const metric of METRIC_NAMES) same(report[metric].value, mean[metric]);
    expect(report.slices).toBe(slices.length);
    expect(report.psnr.why).toEqual(
      identical === undefined ? undefined : expect.stringMatching(/^1 of \d+ slices left out: identical/),
    );
  });

  it.each(["synthrad2023", "synthrad2025", "monai", "slice2d"] as const)(
    "%s says the name of a mask",
    async (preset) => {
      const { prediction, reference, mask } = rebuild(...SIZES.big!);
      const named = { volume: mask, name: "what was drawn by hand" };
      const report = await Metrics.evaluate(prediction, reference, { mask: named, preset });
      const plain = await Metrics.evaluate(prediction, reference, { mask, preset });
      for (const [name, value] of metricsOf(report)) {
        expect(value.maskRule).toContain(named.name);
        const rule = value.maskRule.replace(named.name, "the given mask (above 0)");
        expect({ ...value, maskRule: rule }).toEqual(plain[name]);
      }
    },
  );

  it("a given mask chooses the slices", async () => {
    const { prediction, reference } = rebuild([24, 20, 16], 12345);
    const mask = reference.with({
      data: new Uint8Array(reference.size).fill(1, 480 * 5, 480 * 7 + 23),
      unit: "unknown",
    });
    const report = await Metrics.evaluate(prediction, reference, { mask, preset: "slice2d" });
    expect(report.slices).toBe(2); // the third slice holds 23 of 480 voxels: below 5 %
    expect(report.mae.voxels).toBe(960);
    expect(report.mae.maskRule).toMatch(/the given mask \(above 0\) covers 5 %/);
    const none = mask.with({ data: new Uint8Array(mask.size).fill(1, 0, 9) });
    await expect(Metrics.evaluate(prediction, reference, { mask: none, preset: "slice2d" })).rejects.toThrow(
      /no axial slice does the mask cover 5 %/,
    );
  });

  it("identical volumes, and images below 7×7", async () => {
    const { reference } = rebuild([10, 10, 10], 3);
    const report = await Metrics.evaluate(reference, reference, { preset: "slice2d" });
    expect(report.psnr).toMatchObject({
      value: Number.POSITIVE_INFINITY,
      why: expect.stringMatching(/all slices/),
    });
    const tiny = rebuild([6, 12, 12], 3);
    const small = await Metrics.evaluate(tiny.prediction, tiny.reference, { preset: "slice2d" });
    expect(small.ssim.value).toBeNaN();
    expect(small.ssim.why).toMatch(/7×7 window does not fit into a slice of 6×12/);
  });
});

describe("evaluate refuses", () => {
  const { prediction, reference, mask } = rebuild([10, 10, 10], 3);
  const preset = "synthrad2023";
  it("other units, naming which", async () => {
    await expect(
      Metrics.evaluate(prediction.with({ unit: "arbitrary" }), reference, { preset }),
    ).rejects.toThrow(/prediction: must be in HU, its unit is "arbitrary"/);
    await expect(
      Metrics.evaluate(prediction, reference.with({ unit: "unknown" }), { preset }),
    ).rejects.toThrow(/reference: must be in HU/);
  });

  it("other grids", async () => {
    const moved = reference.with({ affine: affineFromSpacing([1, 1, 2]) });
    await expect(Metrics.evaluate(prediction, moved, { preset })).rejects.toMatchObject({
      kind: "grid-mismatch",
    });
    const other = mask.with({ affine: affineFromSpacing([1, 1, 2]) });
    await expect(Metrics.evaluate(prediction, reference, { mask: other, preset })).rejects.toThrow(
      /mask.*different grids/,
    );
  });

  it("empty masks, NaN in the mask, unknown presets", async () => {
    const empty = mask.with({ data: new Uint8Array(mask.size) });
    await expect(Metrics.evaluate(prediction, reference, { mask: empty, preset })).rejects.toThrow(
      /mask: is empty/,
    );
    const data = Float32Array.from(prediction.data);
    data[0] = Number.NaN; // a corner, outside the mask
    data[555] = Number.NaN;
    const broken = prediction.with({ data });
    await expect(Metrics.evaluate(broken, reference, { mask, preset })).rejects.toThrow(
      /^1 voxels of the prediction|: 1 voxels/,
    );
    await expect(Metrics.evaluate(broken, reference, { preset })).rejects.toThrow(/prediction: 2 voxels/);
    await expect(
      Metrics.evaluate(prediction, reference, { preset: "toString" as unknown as "slice2d" }),
    ).rejects.toThrow(/unknown preset "toString".*synthrad2023.*slice2d/);
  });

  it("to go on when aborted; reports progress until then", async () => {
    const onProgress = vi.fn();
    await Metrics.evaluate(prediction, reference, { preset, onProgress });
    expect(onProgress).toHaveBeenCalledTimes(10);
    expect(onProgress).toHaveBeenLastCalledWith({ done: 10, total: 10 });
    const controller = new AbortController();
    const work = Metrics.evaluate(prediction, reference, {
      preset,
      signal: controller.signal,
      onProgress: ({ done }) => done === 4 && controller.abort(),
    });
    await expect(work).rejects.toMatchObject({ kind: "aborted" });
  });
});

describe("errors by class and correlation", () => {
  it("follow the reference's HU, bounds as in the density classes", async () => {
    const line = (...hu: number[]) =>
      new Volume({ shape: [hu.length, 1, 1], data: Float32Array.from(hu), unit: "HU" });
    const ct = line(-1000, -200.5, -200, -20, 149, 150, 900);
    const sct = line(-990, -200.5, -190, -25, 200, 100, 1000);
    const report = await Metrics.evaluate(sct, ct, { preset: "synthrad2023" });
    const table = report.classes!.map(({ name, mae, me }) => [name, mae.voxels, mae.value, me.value]);
    expect(table).toEqual([
      ["air", 2, 5, 5],
      ["fat", 1, 10, 10],
      ["soft", 2, 28, 23],
      ["bone", 2, 75, 25],
    ]);
    expect(report.classes![1]!.mae.maskRule).toBe(
      "no mask given: all voxels; where the reference is -200 to below -20 HU",
    );
    const classes = [
      { name: "low", min: -1000, max: 0, label: 1 },
      { name: "none", min: 0, max: 10, label: 2 },
    ];
    const chosen = await Metrics.evaluate(sct, ct, {
      preset: "slice2d",
      classes,
      mask: ct.with({ data: new Uint8Array(7).fill(1) }),
    });
    expect(chosen.classes!.map(({ mae }) => [mae.voxels, mae.value, mae.why])).toEqual([
      [4, 6.25, undefined],
      [0, Number.NaN, "no voxel of the reference is none (0 to below 10 HU)"],
    ]);
    await expect(
      Metrics.evaluate(sct, ct, { preset: "monai", classes: [classes[0]!, { ...classes[1]!, min: 5 }] }),
    ).rejects.toThrow(/gap between "low"/);
    const cohort = Metrics.averageReports([report, report]);
    expect(cohort.classes!.map(({ name, mae }) => [name, mae.value, mae.sd])).toEqual([
      ["air", 5, 0],
      ["fat", 10, 0],
      ["soft", 28, 0],
      ["bone", 75, 0],
    ]);
    expect(cohort.ncc!.value).toBe(report.ncc!.value);
    expect(Metrics.averageReports([report, { ...report, ncc: undefined, classes: [] }])).not.toHaveProperty(
      "ncc",
    );
  });

  it("NCC equals Pearson's r far from zero", async () => {
    const x = Float32Array.from({ length: 500 }, (_, i) => 2900 + Math.sin(i));
    const y = Float32Array.from({ length: 500 }, (_, i) => 2900 + Math.sin(i) + 0.3 * Math.cos(3 * i));
    const volume = (data: Float32Array) => new Volume({ shape: [5, 10, 10], data, unit: "HU" });
    const { ncc } = await Metrics.evaluate(volume(y), volume(x), { preset: "synthrad2023" });
    const mean = (v: Float32Array) => v.reduce((s, u) => s + u, 0) / 500;
    const cov = (u: Float32Array, v: Float32Array) =>
      u.reduce((s, w, i) => s + (w - mean(u)) * (v[i]! - mean(v)), 0);
    same(ncc!.value, cov(x, y) / Math.sqrt(cov(x, x) * cov(y, y)));
  });
});

describe("averageReports", () => {
  const small = rebuild([10, 10, 10], 3);
  const report = (changes: Partial<MetricReport>, mae: number): Promise<MetricReport> =>
    Metrics.evaluate(small.prediction, small.reference, { preset: "synthrad2023" }).then((r) => ({
      ...r,
      mae: { ...r.mae, value: mae },
      ...changes,
    }));

  it("each patient counts the same", async () => {
    const cohort = Metrics.averageReports([await report({}, 10), await report({ simulated: true }, 16)]);
    expect(cohort.mae).toMatchObject({ value: 13, sd: 3, voxels: 2000, unit: "HU" });
    expect([cohort.patients, cohort.simulated, cohort.mae.why]).toEqual([2, true, undefined]);
  });

  it("leaves out what is not finite, and says so", async () => {
    const same = await Metrics.evaluate(small.reference, small.reference, { preset: "synthrad2023" });
    const other = await report({}, 10);
    const cohort = Metrics.averageReports([same, other]);
    expect(cohort.psnr.value).toBe(other.psnr.value);
    expect(cohort.psnr.why).toMatch(/^1 of 2 patients left out; prediction and reference are identical/);
    expect(Metrics.averageReports([same]).psnr.value).toBeNaN();
  });

  it("refuses none, mixtures and cohorts", async () => {
    const one = await report({}, 10);
    const masked = await Metrics.evaluate(small.prediction, small.reference, {
      mask: small.mask,
      preset: "synthrad2023",
    });
    const slices = await Metrics.evaluate(small.prediction, small.reference, { preset: "slice2d" });
    expect(() => Metrics.averageReports([])).toThrow(/at least one/);
    expect(() => Metrics.averageReports([one, masked])).toThrow(/mask rules/);
    expect(() => Metrics.averageReports([one, slices])).toThrow(/presets "synthrad2023" and "slice2d"/);
    expect(() => Metrics.averageReports([Metrics.averageReports([one, one])])).toThrow(/cohort/);
    expect(Metrics.averageReports([slices, slices]).slices).toBe(2 * slices.slices!);
  });
});

it("a float volume with fractions matches the plain definition of the 3-D window", async () => {
  // Independent of prefix sums: each window is summed by itself.
  const shape: Triple = [9, 8, 10];
  const wave = (f: number) =>
    Float32Array.from({ length: 720 }, (_, i) => 900 * Math.sin(f * i) + 17.3 * Math.cos(i / 7));
  const [x, y] = [wave(0.37), wave(0.373)];
  let sum = 0;
  let windows = 0;
  for (let k = 3; k < 7; k++)
    for (let j = 3; j < 5; j++)
      for (let i = 3; i < 6; i++) {
        const place: number[] = [];
        for (let c = -3; c <= 3; c++)
          for (let b = -3; b <= 3; b++)
            for (let a = -3; a <= 3; a++) place.push(i + a + 9 * (j + b + 8 * (k + c)));
        const mean = (v: (p: number) => number) => place.reduce((s, p) => s + v(p), 0) / 343;
        const [ux, uy] = [mean((p) => x[p]!), mean((p) => y[p]!)];
        const cov = (u: (p: number) => number, v: (p: number) => number) =>
          place.reduce((s, p) => s + u(p) * v(p), 0) / 342;
        const [dx, dy] = [(p: number) => x[p]! - ux, (p: number) => y[p]! - uy];
        const [c1, c2, m1, m2] = [40.24 ** 2, 120.72 ** 2, ux + 1024, uy + 1024];
        sum +=
          ((2 * m1 * m2 + c1) * (2 * cov(dx, dy) + c2)) /
          ((m1 * m1 + m2 * m2 + c1) * (cov(dx, dx) + cov(dy, dy) + c2));
        windows++;
      }
  const ct = (data: Float32Array) => new Volume({ shape, data, unit: "HU" });
  const report = await Metrics.evaluate(ct(x), ct(y), { preset: "synthrad2023" });
  expect(report.ssim.voxels).toBe(windows);
  same(report.ssim.value, sum / windows);
});
