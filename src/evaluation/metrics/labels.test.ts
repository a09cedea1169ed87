import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { affineFromSpacing, reorient, type Triple, Volume } from "../../imaging/volume/index.ts";
import { Metrics } from "./index.ts";

interface Scores {
  readonly dice: number;
  readonly monaiDice: number | null;
  readonly hd95: number | null;
  readonly msd: number | null;
  readonly surface?: number;
  readonly monaiHd95?: number;
  readonly monaiMsd?: number;
}
const cases: Readonly<
  Record<
    string,
    {
      readonly shape: Triple;
      readonly spacing: Triple;
      readonly reference: string;
      readonly prediction: string;
      readonly labels: Readonly<Record<string, Scores>>;
    }
  >
> = JSON.parse(
  readFileSync(new URL("../../../test/fixtures/metrics/labels.json", import.meta.url), "utf8"),
).cases;

function pairOf(name: string): { readonly prediction: Volume; readonly reference: Volume } {
  const { shape, spacing, reference, prediction } = cases[name]!;
  const affine = affineFromSpacing(spacing);
  const volume = (text: string) =>
    new Volume({ shape, affine, data: Uint8Array.from(text, Number), meta: { labels: { "1": "left" } } });
  return { prediction: volume(prediction), reference: volume(reference) };
}

const close = (a: number, b: number, tolerance: number) =>
  expect(Math.abs(a - b)).toBeLessThanOrEqual(tolerance * Math.abs(b));

describe("Metrics.labels", () => {
  it.each(Object.keys(cases))("%s: SciPy to 1e-9, MONAI to float32", async (name) => {
    const { prediction, reference } = pairOf(name);
    const { labels } = cases[name]!;
    const report = await Metrics.labels(prediction, reference, { labels: [1, 2, 3, 4, 5] });
    expect(report.labels.map(({ label }) => label)).toEqual([1, 2, 3, 4, 5]);
    for (const { label, dice, hd95, msd } of report.labels) {
      const expected = labels[label]!;
      close(dice.value, expected.dice, 1e-12);
      if (expected.monaiDice !== null) close(dice.value, expected.monaiDice, 1e-6);
      if (expected.hd95 === null || expected.msd === null) {
        expect([hd95.value, msd.value]).toEqual([Number.NaN, Number.NaN]);
        expect(hd95.why).toBe(`label ${label} is not in the ${label === 3 ? "prediction" : "reference"}`);
        continue;
      }
      close(hd95.value, expected.hd95, 1e-9);
      close(msd.value, expected.msd, 1e-9);
      close(hd95.value, expected.monaiHd95!, 1e-6);
      close(msd.value, expected.monaiMsd!, 1e-6);
      expect([hd95.voxels, hd95.unit]).toEqual([expected.surface, "mm"]);
    }
  });

  it("takes the labels of the reference, with their names, however voxels are stored", async () => {
    const { prediction, reference } = pairOf("anisotropic");
    const report = await Metrics.labels(prediction, reference);
    expect(report.labels.map(({ label, name }) => [label, name])).toEqual([
      [1, "left"],
      [2, undefined],
      [3, undefined],
      [5, undefined],
    ]);
    const turned = await Metrics.labels(reorient(prediction, "SRA"), reorient(reference, "SRA"));
    turned.labels.forEach(({ hd95 }, n) => {
      if (Number.isFinite(hd95.value)) close(hd95.value, report.labels[n]!.hd95.value, 1e-12);
    });
    const floats = prediction.with({ data: Float32Array.from(prediction.data as Uint8Array) });
    expect((await Metrics.labels(floats, reference)).labels).toEqual(report.labels);
  });

  it("identical volumes: Dice 1, no distance; a label in neither: undefined", async () => {
    const { reference } = pairOf("isotropic");
    const report = await Metrics.labels(reference, reference, { labels: [1, 9] });
    const [one, nine] = report.labels;
    expect([one!.dice.value, one!.hd95.value, one!.msd.value]).toEqual([1, 0, 0]);
    expect(nine!.dice).toMatchObject({
      value: Number.NaN,
      why: "label 9 is not in the prediction and the reference",
    });
  });

  it("refuses other grids, fractions, NaN, sheared grids, volumes without labels, and goes on no longer when aborted", async () => {
    const { prediction, reference } = pairOf("isotropic");
    const moved = reference.with({ affine: affineFromSpacing([1, 1, 2]) });
    await expect(Metrics.labels(prediction, moved)).rejects.toMatchObject({ kind: "grid-mismatch" });
    for (const value of [0.5, Number.NaN]) {
      const data = Float32Array.from(reference.data as Uint8Array);
      data[7] = value;
      await expect(Metrics.labels(prediction, reference.with({ data }))).rejects.toThrow(
        new RegExp(`reference holds ${value}, labels are whole numbers`),
      );
    }
    const affine = [...reference.affine];
    affine[1] = 0.3;
    const sheared = (v: Volume) => v.with({ affine });
    await expect(Metrics.labels(sheared(prediction), sheared(reference))).rejects.toThrow(/sheared/);
    const empty = reference.with({ data: new Uint8Array(reference.size) });
    await expect(Metrics.labels(prediction, empty)).rejects.toThrow(/no label but 0/);
    await expect(Metrics.labels(prediction, reference, { labels: [1.5] })).rejects.toThrow(/got 1.5/);
    await expect(
      Metrics.labels(prediction, reference, { signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ kind: "aborted" });
  });
});
