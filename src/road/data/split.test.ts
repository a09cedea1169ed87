import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Volume } from "../../imaging/volume/index.ts";
import { volumeRef } from "./case.ts";
import { type Case, Dataset } from "./index.ts";
import { byFolds, byShares } from "./split.ts";

const tiny = volumeRef(new Volume({ shape: [1, 1, 1], data: new Float32Array(1) }));
const where = "cohort";

/** Cases of up to 60 patients of up to 6 centres; a patient has one to three cases, which may lie anywhere in the list. */
const cohorts = fc
  .array(fc.record({ centre: fc.integer({ min: 0, max: 5 }), cases: fc.integer({ min: 1, max: 3 }) }), {
    minLength: 3,
    maxLength: 60,
  })
  .map((patients) =>
    patients.flatMap(({ centre, cases }, n) =>
      Array.from(
        { length: cases },
        (_, k): Case => ({
          id: `${n}-${k}`,
          patient: `p${n}`,
          centre: `centre ${centre}`,
          inputs: { mr: tiny },
        }),
      ),
    ),
  );

const patients = (cases: readonly Case[]) => new Set(cases.map(({ patient }) => patient!));
const centres = (cases: readonly Case[]) => [...new Set(cases.map(({ centre }) => centre!))];
const at = (cases: readonly Case[], centre: string) => patients(cases.filter((one) => one.centre === centre));
const names = (parts: readonly (readonly Case[])[]) => parts.map((part) => part.map(({ id }) => id).sort());

describe("byShares", () => {
  const shares = fc
    .tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 10 }), fc.integer({ min: 0, max: 10 }))
    .map(([train, validation, held]) => {
      const all = train + validation + held;
      return { train: train / all, validation: validation / all, test: held / all };
    });

  test("no patient is in two parts, and each part has its share of each centre to within one patient", () => {
    fc.assert(
      fc.property(cohorts, shares, fc.integer(), (cases, split, seed) => {
        const { train, validation, test: held } = byShares(cases, split, { seed, where });
        const parts = [train, validation, held];
        expect(parts.flat().length).toBe(cases.length);
        const all = patients(cases).size;
        expect(parts.reduce((n, part) => n + patients(part).size, 0)).toBe(all);
        for (const part of parts)
          for (const centre of centres(cases)) {
            const share = (at(cases, centre).size * patients(part).size) / all;
            expect(Math.abs(at(part, centre).size - share)).toBeLessThan(1);
          }
      }),
    );
  });

  test("the order of the cases changes nothing", () => {
    fc.assert(
      fc.property(cohorts, shares, fc.integer(), (cases, split, seed) => {
        const parts = (list: readonly Case[]) => names(Object.values(byShares(list, split, { seed, where })));
        expect(parts([...cases].reverse())).toEqual(parts(cases));
      }),
    );
  });

  test("of three patients one is left to train on, however small its share", () => {
    const cases = [0, 1, 2].map((n): Case => ({ id: `${n}`, inputs: { mr: tiny } }));
    const split = { train: 1 / 6, validation: 0, test: 5 / 6 };
    const { train, validation, test: held } = byShares(cases, split, { seed: 0, where });
    expect([train, validation, held].map(({ length }) => length)).toEqual([1, 0, 2]);
  });

  test("181 patients of three centres", () => {
    const cases = Array.from({ length: 181 }, (_, n) => ({
      id: `${n}`,
      inputs: { mr: tiny },
      centre: n < 60 ? "A" : n < 150 ? "B" : "C",
    }));
    const split = { train: 0.8, validation: 0.1, test: 0.1 };
    const parts = Object.values(byShares(cases, split, { seed: 0, where }));
    expect(parts.map(({ length }) => length).sort()).toEqual([145, 18, 18]);
    for (const part of parts.filter(({ length }) => length === 18)) {
      const counts = ["A", "B", "C"].map((centre) => part.filter((one) => one.centre === centre).length);
      expect([5, 6]).toContain(counts[0]); // 5.97
      expect([8, 9]).toContain(counts[1]); // 8.95
      expect([3, 4]).toContain(counts[2]); // 3.08
    }
  });

  test("centres of one patient each land anywhere, by seed", () => {
    const cases = Array.from({ length: 3 }, (_, n) => ({ id: `${n}`, inputs: { mr: tiny }, centre: `${n}` }));
    const split = { train: 1 / 3, validation: 1 / 3, test: 1 / 3 };
    const tested = (seed: number) => byShares(cases, split, { seed, where }).test[0]!.id;
    expect(new Set(Array.from({ length: 40 }, (_, seed) => tested(seed))).size).toBe(3);
  });
});

describe("byFolds", () => {
  const folds = fc.integer({ min: 2, max: 10 });

  test("each patient validates once, folds differ by one patient at most, in all and within each centre", () => {
    fc.assert(
      fc.property(cohorts, folds, fc.integer(), (cases, count, seed) => {
        fc.pre(patients(cases).size >= count);
        const all = Array.from({ length: count }, (_, fold) =>
          byFolds(cases, { folds: count, fold, seed, where }),
        );
        for (const { train, validation, test: held } of all) {
          expect(train.length + validation.length).toBe(cases.length);
          expect(patients(train).size + patients(validation).size).toBe(patients(cases).size);
          expect(held).toEqual([]);
        }
        const validated = all.flatMap(({ validation }) => [...patients(validation)]);
        expect(validated.sort()).toEqual([...patients(cases)].sort());
        const spread = (sizes: readonly number[]) => Math.max(...sizes) - Math.min(...sizes);
        expect(spread(all.map(({ validation }) => patients(validation).size))).toBeLessThanOrEqual(1);
        for (const centre of centres(cases))
          expect(spread(all.map(({ validation }) => at(validation, centre).size))).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("the order of the cases changes nothing, the seed does", () => {
    fc.assert(
      fc.property(cohorts, fc.integer(), (cases, seed) => {
        const parts = (list: readonly Case[]) =>
          names(Object.values(byFolds(list, { folds: 3, fold: 1, seed, where })));
        expect(parts([...cases].reverse())).toEqual(parts(cases));
      }),
    );
    const cases = Array.from({ length: 20 }, (_, n) => ({ id: `${n}`, inputs: { mr: tiny } }));
    const validated = (seed: number) =>
      names([byFolds(cases, { folds: 4, fold: 0, seed, where }).validation]);
    expect(new Set([1, 2, 3].map((seed) => validated(seed).join())).size).toBeGreaterThan(1);
  });

  test("refuses folds that can't be", () => {
    const cases = [{ id: "a", inputs: { mr: tiny } }];
    const fold = (folds: number, n: number) => () => byFolds(cases, { folds, fold: n, seed: 0, where });
    expect(fold(1, 0)).toThrow(/folds must be a whole number from 2 up, got 1/);
    expect(fold(3, 3)).toThrow(/there is no fold 3 of 3.*0 to 2/);
    expect(fold(2, 0)).toThrow(/1 patient\(s\) can't be dealt into 2 folds/);
  });

  test("a dataset's test part stays out of its folds", () => {
    const cases = Array.from({ length: 12 }, (_, n) => ({ id: `${n}`, inputs: { mr: tiny } }));
    const whole = Dataset.fromCases(cases, {
      name: "cohort",
      split: { train: 0.5, validation: 0.25, test: 0.25 },
    });
    const dealt = [0, 1, 2].map((fold) => whole.fold({ folds: 3, fold }));
    for (const one of dealt) {
      expect(one.test).toEqual(whole.test);
      expect(one.name).toBe("cohort");
      expect(one.train.length).toBe(6);
    }
    expect(dealt.flatMap(({ validation }) => names([validation])[0]!).sort()).toEqual(
      names([[...whole.train, ...whole.validation]])[0],
    );
    const torn = new Dataset({ train: cases, validation: [], test: cases });
    expect(() => torn.fold({ folds: 2, fold: 0 })).toThrow(/nobody to deal into folds/);
  });
});
