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
