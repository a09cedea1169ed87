import { expect, test } from "vitest";
import { PHANTOM_CLASSES } from "../../imaging/phantom/index.ts";
import { phantomDataset } from "./phantom-dataset.ts";

const options = {
  subjects: { train: 1, validation: 0, test: 0 },
  shape: [24, 28, 20],
  spacing: [8, 8, 8],
} as const;

test("tissue labels lie beside the CT: each class where the CT has its HU", async () => {
  const { targets } = phantomDataset({ ...options, labels: true }).train[0]!;
  const [ct, tissue] = [await targets!.ct!.load(), await targets!.tissue!.load()];
  expect(tissue.affine).toEqual(ct.affine);
  const hu = PHANTOM_CLASSES.map((_, n) => {
    const inside = [...ct.data].filter((_, i) => tissue.data[i] === n);
    return inside.reduce((a, b) => a + b, 0) / inside.length;
  });
  const of = Object.fromEntries(PHANTOM_CLASSES.map((name, n) => [name, hu[n]!]));
  expect(new Set(tissue.data).size).toBe(PHANTOM_CLASSES.length);
  // Voxels of 8 mm hold a little of their neighbours too, CSF of the skull.
  expect(of.air).toBeLessThan(-800);
  expect(of.fat).toBeLessThan(0);
  expect(of.bone).toBeGreaterThan(400);
  for (const name of ["grey", "white", "csf"]) expect(of[name]! > 0 && of[name]! < 250, name).toBe(true);
});

test("without them there is the CT alone", () => {
  expect(Object.keys(phantomDataset(options).train[0]!.targets!)).toEqual(["ct"]);
});

test("a share of the training cases lacks an input, the same for the same seed; all others have it", async () => {
  const of = (seed: number, share: number) =>
    phantomDataset({
      ...options,
      subjects: { train: 12, validation: 2, test: 2 },
      contrasts: ["t1", "t2"],
      missing: { t2: share },
      seed,
    });
  const lacking = (seed: number, share: number) =>
    of(seed, share).train.flatMap(({ id, inputs }) => ("t2" in inputs ? [] : [id]));
  expect(lacking(7, 1 / 3)).toHaveLength(4);
  expect(lacking(7, 1 / 3)).toEqual(lacking(7, 1 / 3));
  expect(lacking(8, 1 / 3)).not.toEqual(lacking(7, 1 / 3));
  expect([lacking(7, 0).length, lacking(7, 1).length]).toEqual([0, 12]);
  const { train, validation, test } = of(7, 1);
  for (const { inputs } of [...validation, ...test]) expect(Object.keys(inputs)).toEqual(["t1", "t2"]);
  expect(train.every(({ inputs }) => Object.keys(inputs).join() === "t1")).toBe(true);
});

test("refuses shares that are none, of inputs that are none, and cases without any", () => {
  const missing = (shares: Readonly<Record<string, number>>) => () =>
    phantomDataset({ contrasts: ["t1", "t2"], missing: shares });
  expect(missing({ flair: 0.5 })).toThrow('there is no input "flair"; its inputs are t1, t2');
  expect(missing({ t2: 1.5 })).toThrow('the share of "t2" must be from 0 to 1, got 1.5');
  expect(missing({ t1: 0.1, t2: 0.1 })).toThrow("every input may be missing");
});
