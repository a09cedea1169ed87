import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { orientationOf, reorient, Volume } from "../../imaging/volume/index.ts";
import { type Case, volumeRef } from "./case.ts";
import { Dataset } from "./dataset.ts";
import { slabDataset } from "./slabs.ts";

const tiny = volumeRef(new Volume({ shape: [1, 1, 1], data: new Float32Array(1) }));
const caseOf = (id: string, patient?: string): Case => ({ id, inputs: { mr: tiny }, patient });
const ids = (cases: readonly Case[]) => cases.map((c) => c.id);
const thirds = { train: 0.5, validation: 0.25, test: 0.25 };

describe("Dataset.fromCases", () => {
  test("every case is in one part, patients are never torn apart, no wanted part is empty", () => {
    const patients = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 3, maxLength: 40 });
    fc.assert(
      fc.property(patients, fc.integer(), (of, seed) => {
        fc.pre(new Set(of).size >= 3);
        const cases = of.map((patient, n) => caseOf(`case ${n}`, `patient ${patient}`));
        const dataset = Dataset.fromCases(cases, { split: thirds, seed });
        const parts = [dataset.train, dataset.validation, dataset.test];
        expect(parts.flatMap(ids).sort()).toEqual(ids(cases).sort());
        for (const part of parts) expect(part.length).toBeGreaterThan(0);
        const owners = parts.map((part) => new Set(part.map((c) => c.patient)));
        const total = owners.reduce((n, set) => n + set.size, 0);
        expect(total).toBe(new Set(of).size);
      }),
    );
  });

  test("the seed decides, not the order of the cases", () => {
    const cases = Array.from({ length: 20 }, (_, n) => caseOf(`case ${n}`));
    const split = (list: Case[], seed: number) => ids(Dataset.fromCases(list, { seed }).test).sort();
    expect(split(cases, 1)).toEqual(split([...cases].reverse(), 1));
    expect(new Set([1, 2, 3, 4, 5].map((seed) => split(cases, seed).join())).size).toBeGreaterThan(1);
  });

  test("shares are kept as near as whole patients allow", () => {
    const cases = Array.from({ length: 50 }, (_, n) => caseOf(`case ${n}`));
    const { train, validation, test: held } = Dataset.fromCases(cases);
    expect([train.length, validation.length, held.length]).toEqual([40, 5, 5]);
    const none = Dataset.fromCases(cases, { split: { train: 1, validation: 0, test: 0 } });
    expect([none.train.length, none.validation.length, none.test.length]).toEqual([50, 0, 0]);
  });

  test("refuses shares that don't add up, too few patients, no inputs", () => {
    const cases = [caseOf("a"), caseOf("b")];
    expect(() => Dataset.fromCases(cases)).toThrow(/2 patient\(s\) can't be split into 3 parts/);
    expect(() => Dataset.fromCases(cases, { split: { train: 0.5, validation: 0, test: 0.4 } })).toThrow(
      /add up to 1/,
    );
    expect(() => Dataset.fromCases([], { split: { train: 1, validation: 0, test: 0 } })).toThrow(/0 patient/);
    const empty = { id: "x", inputs: {} };
    expect(() => new Dataset({ train: [empty], validation: [], test: [] })).toThrow(/case "x" has no input/);
  });
});

describe("slabDataset", () => {
  const [nx, ny, nz] = [2, 3, 31];
  const volume = new Volume({
    shape: [nx, ny, nz],
    data: new Float32Array(nx * ny * nz).fill(1),
    unit: "HU",
  });
  /** The axial slices (from the inferior end) in which a part's mask is set, and only whole ones. */
  async function slicesOf(part: readonly Case[]): Promise<number[]> {
    const mask = reorient(await part[0]!.mask!.load(), "RAS");
    const planes = Array.from({ length: nz }, (_, k) => mask.data.slice(k * nx * ny, (k + 1) * nx * ny));
    for (const plane of planes) expect(new Set(plane).size).toBe(1);
    return planes.flatMap((plane, k) => (plane[0] ? [k] : []));
  }

  test("slabs are disjoint, cover every slice, and the last of every fifth is tested", async () => {
    const source: Case = {
      id: "pair",
      inputs: { mr: volumeRef(volume) },
      targets: { ct: volumeRef(volume) },
    };
    const dataset = await slabDataset(source, { size: 3, every: 5 });
    const { train, validation, test: held } = dataset;
    expect(dataset.sharedPatients).toEqual(["pair"]);
    const [a, b, c] = [await slicesOf(train), await slicesOf(validation), await slicesOf(held)];
    expect([...a, ...b, ...c].sort((x, y) => x - y)).toEqual(Array.from({ length: nz }, (_, k) => k));
    expect(c).toEqual([12, 13, 14, 27, 28, 29]);
    expect(b).toEqual([6, 7, 8]);
    expect(train[0]!.patient).toBe("pair");
    expect(ids([...train, ...validation, ...held])).toEqual(["pair/train", "pair/validation", "pair/test"]);
  });

  test("slices run upwards however the file is stored, and a mask of the case is kept", async () => {
    const stored = reorient(volume, "LSA");
    const half = reorient(
      volume.with({ data: Uint8Array.from({ length: volume.size }, (_, i) => i % 2), unit: "unknown" }),
      "LSA",
    );
    const source: Case = { id: "pair", inputs: { mr: volumeRef(stored) }, mask: volumeRef(half) };
    const dataset = await slabDataset(source, { size: 3, every: 5 });
    const mask = await dataset.test[0]!.mask!.load();
    expect(mask.shape).toEqual(stored.shape);
    expect(orientationOf(mask.affine)).toBe("LSA");
    const ras = reorient(mask, "RAS");
    for (const [i, v] of ras.data.entries()) {
      const k = Math.floor(i / (nx * ny));
      expect(v).toBe(i % 2 === 1 && [12, 13, 14, 27, 28, 29].includes(k) ? 1 : 0);
    }
  });

  test("refuses a pair too thin to hold anything out", async () => {
    const source: Case = { id: "pair", inputs: { mr: volumeRef(volume) } };
    await expect(slabDataset(source, { size: 10 })).rejects.toThrow(/31 slices make 4 slab\(s\) of 10/);
    await expect(slabDataset(source, { size: 0 })).rejects.toThrow(/slab size/);
    await expect(slabDataset(source, { every: 2 })).rejects.toThrow(/above 2/);
  });
});
