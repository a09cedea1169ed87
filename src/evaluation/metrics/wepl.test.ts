import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { rebuild } from "../../../test/fixtures/metrics/rebuild.ts";
import { DENSITY_TABLES, parseRedTable } from "../../imaging/hounsfield/index.ts";
import { affineFromSpacing, reorient, type Triple, Volume } from "../../imaging/volume/index.ts";
import { Metrics } from "./index.ts";

const cases: Readonly<
  Record<
    string,
    {
      readonly size: readonly [number, number, number, number];
      readonly spacing: Triple;
      readonly isocentre: Triple;
      readonly angles: readonly number[];
      readonly step: number;
      readonly to: "isocentre" | "exit";
      readonly red: { readonly mae: number; readonly me: number };
      readonly mae: number;
      readonly me: number;
      readonly p95: number;
      readonly path: number;
      readonly rays: number;
    }
  >
> = JSON.parse(
  readFileSync(new URL("../../../test/fixtures/metrics/wepl.json", import.meta.url), "utf8"),
).cases;

const close = (a: number, b: number, tolerance = 1e-9) =>
  expect(Math.abs(a - b), `${a} and ${b}`).toBeLessThanOrEqual(tolerance * Math.abs(b));

/** RED is 1 + HU / 1000. */
const LINEAR = parseRedTable("-1000 0\n3000 4", { name: "linear" });

/** `hu` where `inside` holds (of mm from the grid's middle), air elsewhere; and the mask. */
function phantom(shape: Triple, spacing: Triple, hu: number, inside: (x: number, y: number) => boolean) {
  const data = new Float32Array(shape[0] * shape[1] * shape[2]).fill(-1000);
  const mask = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const x = ((i % shape[0]) - (shape[0] - 1) / 2) * spacing[0];
    const y = ((Math.floor(i / shape[0]) % shape[1]) - (shape[1] - 1) / 2) * spacing[1];
    if (!inside(x, y)) continue;
    data[i] = hu;
    mask[i] = 1;
  }
  const ct = new Volume({ shape, data, affine: affineFromSpacing(spacing), unit: "HU" });
  const brighter = ct.with({ data: data.map((v, i) => (mask[i] ? v + 100 : v)) });
  return { ct, brighter, mask: ct.with({ data: mask, unit: "unknown" }) };
}

describe("Metrics.wepl", () => {
  it.each(Object.keys(cases))("%s equals NumPy", async (name) => {
    const { size, spacing, angles, isocentre, step: raySpacing, to, ...expected } = cases[name]!;
    const { prediction, reference, mask } = rebuild(size.slice(0, 3) as unknown as Triple, size[3]);
    const affine = affineFromSpacing(spacing);
    const [sct, ct, m] = [prediction, reference, mask].map((v) => v.with({ affine })) as [
      Volume,
      Volume,
      Volume,
    ];
    const options = { mask: m, angles, isocentre, raySpacing, to };
    const report = await Metrics.wepl(sct, ct, options);
    expect(report.mae.voxels).toBe(expected.rays);
    for (const key of ["mae", "me", "p95", "path"] as const) close(report[key].value, expected[key]);
    const turned = await Metrics.wepl(reorient(sct, "LPI"), reorient(ct, "SAR"), options);
    close(turned.mae.value, expected.mae);
    const red = await Metrics.electronDensity(sct, ct, { mask: m });
    close(red.mae.value, expected.red.mae);
    close(red.me.value, expected.red.me);
  });

  it("a box: exact lengths, front and side, to the isocentre and through", async () => {
    // 40 mm wide, 30 mm deep, RED 1.04; the sCT 0.1 more.
    const { ct, brighter, mask } = phantom(
      [60, 60, 3],
      [1, 1, 2],
      40,
      (x, y) => Math.abs(x) < 20 && Math.abs(y) < 15,
    );
    const measure = (angles: number[], to: "isocentre" | "exit") =>
      Metrics.wepl(brighter, ct, { mask, angles, to, table: LINEAR });
    const front = await measure([0], "isocentre");
    close(front.path.value, 15 * 1.04, 1e-6);
    close(front.mae.value, 15 * 0.1, 1e-6);
    close((await measure([180], "exit")).path.value, 30 * 1.04, 1e-6);
    close((await measure([90], "isocentre")).path.value, 20 * 1.04, 1e-6);
    close((await measure([270], "exit")).p95.value, 4, 1e-6);
    expect(front.mae.maskRule).toBe(
      "rays to the isocentre in the given mask (above 0), 1 gantry angles, every 1 mm; table linear",
    );
    expect(front).toMatchObject({
      preset: "wepl",
      to: "isocentre",
      table: "linear",
      isocentre: [29.5, 29.5, 2],
    });
  });

  it("angles: the front at 0, the patient's left at 90", async () => {
    // Bone only in the front half, then only in the left half: left is low x.
    const { ct, mask } = phantom([41, 41, 1], [1, 1, 1], 0, (x, y) => Math.hypot(x, y) < 18);
    const half = (where: (x: number, y: number) => boolean) =>
      ct.with({
        data: Float32Array.from(ct.data as Float32Array, (v, i) =>
          mask.data[i] && where((i % 41) - 20, Math.floor(i / 41) - 20) ? 1000 : v,
        ),
      });
    const errors = async (sct: Volume) =>
      (await Metrics.wepl(sct, ct, { mask, angles: [0, 90, 180, 270], table: LINEAR })).angles.map(
        (a) => a.mae,
      );
    const front = await errors(half((_, y) => y > 0));
    expect(front[0]).toBeGreaterThan(10);
    expect(front[2]).toBeLessThan(0.6);
    const left = await errors(half((x) => x < 0));
    expect(left[1]).toBeGreaterThan(10);
    expect(left[3]).toBeLessThan(0.6);
  });

  it("a cylinder: chords of a disc from any angle", async () => {
    const radius = 40;
    const { ct, brighter, mask } = phantom(
      [201, 181, 2],
      [0.5, 0.6, 3],
      0,
      (x, y) => Math.hypot(x, y) < radius,
    );
    const report = await Metrics.wepl(brighter, ct, {
      mask,
      to: "exit",
      table: LINEAR,
      angles: [0, 17, 45, 71],
    });
    // Mean chord of parallel rays through a disc: area over width.
    close(report.path.value, (Math.PI * radius) / 2, 0.01);
    close(report.mae.value, (0.1 * Math.PI * radius) / 2, 0.01);
    // 95 % of the chords 2 √(r² - t²) are shorter than that at t = r / 20.
    close(report.p95.value, 0.1 * 2 * radius * Math.sqrt(1 - 0.05 ** 2), 0.01);
    for (const { mae, rays } of report.angles) {
      close(mae, report.mae.value, 0.015);
      expect(rays).toBeGreaterThan(0);
    }
    const half = await Metrics.wepl(brighter, ct, { mask, table: LINEAR });
    close(half.path.value, (Math.PI * radius) / 4, 0.015);
    expect(half.angles).toHaveLength(36);
    expect(half.me.value).toBeCloseTo(half.mae.value, 12);
  });

  it("takes the body without a mask; identical volumes differ nowhere", async () => {
    const { reference } = rebuild([24, 20, 6], 1);
    const onProgress = vi.fn();
    const report = await Metrics.wepl(reference, reference, { onProgress });
    expect([report.mae.value, report.p95.value]).toEqual([0, 0]);
    expect(report.path.value).toBeGreaterThan(1);
    expect(report.mae.maskRule).toMatch(
      /in the body of the reference, 36 gantry angles, every 1 mm; table matrad/,
    );
    const [last] = onProgress.mock.lastCall!;
    expect(last.done).toBe(last.total);
  });

  it("no ray before an isocentre outside: undefined, and why", async () => {
    const { prediction, reference, mask } = rebuild([12, 12, 4], 1);
    const report = await Metrics.wepl(prediction, reference, { mask, angles: [0], isocentre: [5, 500, 1] });
    for (const value of [report.mae, report.me, report.p95, report.path])
      expect(value).toMatchObject({
        value: Number.NaN,
        voxels: 0,
        why: "no ray passes the mask before its end",
      });
  });

  it("refuses wrong input", async () => {
    const { prediction, reference, mask } = rebuild([12, 12, 4], 1);
    const run = (options: Parameters<typeof Metrics.wepl>[2], sct = prediction) =>
      Metrics.wepl(sct, reference, { mask, ...options });
    await expect(run({ angles: [] })).rejects.toThrow(/angles must be finite degrees, at least one/);
    await expect(run({ angles: [Number.NaN] })).rejects.toThrow(/finite degrees/);
    await expect(run({ to: "exti" as "exit" })).rejects.toThrow(/"isocentre" or "exit", got "exti"/);
    await expect(run({ raySpacing: 0 })).rejects.toThrow(/above 0 mm, got 0/);
    await expect(run({ isocentre: [0, Number.NaN, 0] })).rejects.toThrow(/isocentre must be three finite mm/);
    await expect(run({ table: DENSITY_TABLES.schneider })).rejects.toThrow(
      /"schneider" gives mass densities/,
    );
    await expect(run({ mask: mask.with({ data: new Uint8Array(576) }) })).rejects.toThrow(/mask: is empty/);
    await expect(run({}, prediction.with({ unit: "arbitrary" }))).rejects.toThrow(/must be in HU/);
    const other = prediction.with({ affine: affineFromSpacing([1, 1, 2]) });
    await expect(run({}, other)).rejects.toMatchObject({ kind: "grid-mismatch" });
    const data = Float32Array.from(prediction.data);
    data[6 + 12 * (6 + 12 * 2)] = Number.NaN;
    await expect(run({}, prediction.with({ data }))).rejects.toThrow(/prediction: 1 voxels are NaN/);
    await expect(run({ signal: AbortSignal.abort() })).rejects.toMatchObject({ kind: "aborted" });
  });
});

describe("Metrics.electronDensity", () => {
  it("is exact by hand, and says by which table", async () => {
    const line = (...hu: number[]) =>
      new Volume({ shape: [hu.length, 1, 1], data: Float32Array.from(hu), unit: "HU" });
    const report = await Metrics.electronDensity(line(-1000, 0, 1500), line(-1000, 100, 1000), {
      table: LINEAR,
    });
    expect(report).toMatchObject({ preset: "red", table: "linear", simulated: false });
    expect(report.mae.value).toBeCloseTo(0.2, 14);
    expect(report.me.value).toBeCloseTo(0.4 / 3, 14);
    expect(report.mae).toMatchObject({ voxels: 3, maskRule: expect.stringMatching(/by table linear$/) });
    expect(report.mae.unit).toBeUndefined();
    await expect(Metrics.electronDensity(line(0), line(0), { mask: line(0) })).rejects.toThrow(
      /mask: is empty/,
    );
  });
});
