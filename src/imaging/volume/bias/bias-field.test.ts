import { describe, expect, test } from "vitest";
import fixture from "../../../../test/fixtures/volume/bias.json" with { type: "json" };
import { biasPhantom } from "../../../../test/fixtures/volume/phantoms.ts";
import type { Triple } from "../affine.ts";
import { Volume } from "../volume.ts";
import { correctBias, estimateBiasField } from "./bias-field.ts";
import type { BiasFieldOptions } from "./bias-field-options.ts";

const shape = fixture.shape as unknown as Triple;
const { image, logField, labels } = biasPhantom(shape);
const mask = image.with({ data: labels.map((label) => (label > 0 ? 1 : 0)) });
const numbers = { shrink: fixture.shrink };
const faster = { shrink: 2 };

const mean = (v: readonly number[]) => v.reduce((a, b) => a + b, 0) / v.length;
const sd = (v: readonly number[]) => {
  const m = mean(v);
  return Math.sqrt(mean(v.map((x) => (x - m) ** 2)));
};
const correlation = (a: readonly number[], b: readonly number[]) => {
  const [p, q] = [mean(a), mean(b)];
  return mean(a.map((v, i) => (v - p) * (b[i]! - q))) / (sd(a) * sd(b));
};
const pick = (values: ArrayLike<number>, where: (i: number) => boolean) =>
  Array.from({ length: values.length }, (_, i) => i)
    .filter(where)
    .map((i) => values[i]!);

describe("against SimpleITK's N4, on a phantom with a known field", () => {
  test("the phantom is the same", () => {
    expect(mean([...image.data]) * image.size).toBeCloseTo(fixture.sum, 0);
    expect(labels.filter((label) => label === 3).length).toBe(fixture.white.voxels);
  });

  test("the field is as near to the truth, and near to SimpleITK's", async () => {
    const field = await estimateBiasField(image, { ...numbers, mask });
    const log = Float64Array.from(field.data, Math.log);
    const inside = (i: number) => labels[i]! > 0;
    const [ours, truth] = [pick(log, inside), pick(logField, inside)];
    expect(correlation(ours, truth)).toBeGreaterThan(fixture.correlation - 1e-4); // 0.99955
    expect(sd(ours.map((v, i) => v - truth[i]!))).toBeLessThan(1.02 * fixture.error);
    expect(Math.abs(mean(ours))).toBeLessThan(0.01);

    const [nx, ny, nz] = shape;
    const coarse: number[] = [];
    for (let k = 0; k < nz; k += fixture.step)
      for (let j = 0; j < ny; j += fixture.step)
        for (let i = 0; i < nx; i += fixture.step) coarse.push(log[i + nx * (j + ny * k)]!);
    const both = (v: readonly number[]) => v.filter((_, i) => fixture.inside[i] === 1);
    const [a, b] = [both(coarse), both(fixture.logField)];
    expect(Math.max(...a.map((v, i) => Math.abs(v - b[i]!)))).toBeLessThan(2e-3);
  });

  test("white matter becomes as even", async () => {
    const white = (v: Volume) => pick(v.values(), (i) => labels[i] === 3);
    const variation = (v: Volume) => sd(white(v)) / mean(white(v));
    expect(variation(image)).toBeCloseTo(fixture.white.before, 6);
    expect(variation(await correctBias(image, { ...numbers, mask }))).toBeLessThan(
      1.03 * fixture.white.after,
    );
    // Without a mask too, where fluid is taken for background.
    expect(variation(await correctBias(image, numbers))).toBeLessThan(1.2 * fixture.white.after);
  });
});

test("watched or not, the same; it says how far it is", async () => {
  const done: number[] = [];
  const slow = await correctBias(image, {
    ...faster,
    mask,
    onProgress: (p) => {
      expect(p.total).toBe(200);
      done.push(p.done);
    },
  });
  expect(done.length).toBeGreaterThan(4);
  const fast = await correctBias(image, { ...faster, mask });
  expect(Buffer.from(fast.data.buffer).equals(Buffer.from(slow.data.buffer))).toBe(true);
  expect([slow.unit, slow.simulated, slow.shape, slow.affine]).toEqual([
    "arbitrary",
    true,
    shape,
    image.affine,
  ]);
});

test("an image without a field stays as it is", async () => {
  const data = Float32Array.from(labels, (label) => [0, 250, 600, 900][label]!);
  const { data: field } = await estimateBiasField(image.with({ data }), { ...faster, mask });
  const inside = pick(field, (i) => labels[i]! > 0);
  expect(Math.max(...inside) / Math.min(...inside)).toBeLessThan(1.03);
});

test.each<[string, BiasFieldOptions, RegExp]>([
  ["a shrink of 0", { shrink: 0 }, /shrink must be a whole number from 1/],
  ["half an iteration", { iterations: 0.5 }, /iterations must be a whole number/],
  ["no width", { fwhm: 0 }, /fwhm must be above 0/],
  ["NaN", { noise: Number.NaN }, /noise must be a finite number/],
  ["another name", { levels: 3 } as BiasFieldOptions, /no option "levels"/],
  ["knots too near", { splineSpacing: 1 }, /splineSpacing/],
])("refuses %s", async (_what, options, message) => {
  await expect(estimateBiasField(image, options)).rejects.toThrow(message);
});

test("refuses masks of nothing and of elsewhere; a signal is heeded", async () => {
  const empty = mask.with({ data: new Uint8Array(mask.size) });
  await expect(correctBias(image, { mask: empty })).rejects.toThrow(/too few for a field/);
  const other = new Volume({ shape: [1, 1, 1], data: new Uint8Array(1) });
  await expect(correctBias(image, { mask: other })).rejects.toThrow(/different grids/);
  await expect(correctBias(image, { signal: AbortSignal.abort() })).rejects.toThrow(/cancelled/);
  const controller = new AbortController();
  const late = correctBias(image, { signal: controller.signal, onProgress: () => controller.abort() });
  await expect(late).rejects.toThrow(/cancelled/);
});
