// The bar of `npm run verify:geometry`, reduced: small heads at 4 mm instead of 1 mm, a network of seconds.
import { afterAll, beforeAll, expect, test } from "vitest";
import { bodyMask, type Triple, type Volume } from "../../src/imaging/volume/index.ts";
import { wasm } from "../../src/networks/backends/index.ts";
import { Synthesizer } from "../../src/road/synthesis/index.ts";
import {
  compare,
  maskedMae,
  type Recipe,
  type Subject,
  scannedAt,
  simulate,
  trainAxial,
} from "./geometry-road.ts";

const RECIPE: Recipe = {
  seed: 7,
  shape: [48, 57, 36],
  voxel: 4,
  subjects: 2,
  model: { baseFilters: 8, levels: 3 },
  batchSize: 4,
  epochs: 2,
  stepsPerEpoch: 40,
};

let synthesizer: Synthesizer;
let subject: Subject;
let first: Volume;

beforeAll(async () => {
  synthesizer = new Synthesizer(await trainAxial(RECIPE, wasm(), () => undefined), { backend: wasm() });
  subject = await simulate(RECIPE, 10);
  first = (await synthesizer.run(subject.mr)).sct;
}, 300_000); // some fifteen seconds on a quiet machine
afterAll(() => synthesizer?.dispose());

test("the model has learnt: better than one value for the whole body", () => {
  const body = bodyMask(subject.ct);
  const values = [...subject.ct.values()].filter((_, i) => body.data[i]).sort((a, b) => a - b);
  const median = values[values.length >> 1]!;
  const constant = values.reduce((sum, v) => sum + Math.abs(v - median), 0) / values.length;
  expect(maskedMae(first, subject.ct, body)).toBeLessThan(0.9 * constant);
});

test.each<[string, Triple, string]>([
  ["sagittal slices three times as thick, PIL", [3, 1, 1], "PIL"],
  ["three times as thick along the body, LPI", [1, 1, 3], "LPI"],
])("%s: costs at most 1.5 times what resampling costs", async (_name, factors, codes) => {
  const { ratio, sct } = await compare(synthesizer, subject, first, factors, codes);
  const scan = scannedAt(subject.mr, factors, codes);
  expect(sct.shape).toEqual(scan.shape);
  expect(sct.affine).toEqual(scan.affine);
  expect(ratio).toBeGreaterThan(0);
  expect(ratio).toBeLessThanOrEqual(1.5);
});

test("five times as thick is refused", async () => {
  const scan = scannedAt(subject.mr, [1, 1, 5], "LPI");
  await expect(synthesizer.run(scan)).rejects.toThrow(
    "voxels of 4×4×20 mm (along x, y, z) are too far from the model's 4×4×4 mm: it takes 1×1×1 mm to 16×16×16 mm",
  );
});
