import { Metrics } from "../../src/evaluation/metrics/index.ts";
import type { ReportContent } from "../../src/evaluation/report/index.ts";
import type { ScoredVolumes } from "../../src/evaluation/scoring/index.ts";
import { affineFromSpacing, type Triple, Volume } from "../../src/imaging/volume/index.ts";

/** What would run if any text of a report reached the page as HTML. */
export const HOSTILE = `</script><img src=x onerror="window.hacked=1">&"'<b>`;

const SHAPE: Triple = [20, 24, 12];

/** A cuboid body with a bone in it, noisy by `seed`, on 2 × 2 × 5 mm; the sCT is off by some 30 HU. Simulated. */
export async function reportCase(id: string, seed: number): Promise<ScoredVolumes> {
  let state = seed;
  const random = () => {
    state = (state * 1103515245 + 12345) % 2 ** 31; // an LCG, so that the numbers are the same everywhere
    return state / 2 ** 31 - 0.5;
  };
  const [nx, ny, nz] = SHAPE;
  const arrays = {
    mr: new Float32Array(nx * ny * nz),
    ct: new Int16Array(nx * ny * nz),
    sct: new Float32Array(nx * ny * nz),
  };
  const mask = new Uint8Array(nx * ny * nz);
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        const place = i + nx * (j + ny * k);
        const body = i > 2 && i < 17 && j > 2 && j < 20;
        const bone = i > 10 && i < 15 && j > 12 && j < 18;
        arrays.ct[place] = body ? (bone ? 700 : 40) + 60 * random() : -1000;
        arrays.sct[place] = arrays.ct[place]! + (body ? 120 * random() : 3);
        arrays.mr[place] = body ? (bone ? 50 : 400) + 40 * random() : 10 * (random() + 0.5);
        mask[place] = body && k > 0 && k < 11 ? 1 : 0; // no scored voxels in the first and the last slice
      }
  const grid = { shape: SHAPE, affine: affineFromSpacing([2, 2, 5], [-20, -24, -30]), simulated: true };
  const volumes = {
    mr: new Volume({ ...grid, data: arrays.mr, unit: "arbitrary" }),
    sct: new Volume({ ...grid, data: arrays.sct, unit: "HU" }),
    ct: new Volume({ ...grid, data: arrays.ct, unit: "HU" }),
    mask: new Volume({ ...grid, data: mask }),
  };
  const evaluate = (preset: "synthrad2023" | "slice2d") =>
    Metrics.evaluate(volumes.sct, volumes.ct, { preset, mask: volumes.mask });
  const reports = { synthrad2023: await evaluate("synthrad2023"), slice2d: await evaluate("slice2d") };
  return { id, ...volumes, maps: {}, labels: {}, reports, lookupMae: 50 + seed, constantMae: 90 + seed };
}

/** Two cases and three epochs of a model with two losses. */
export async function reportContent(): Promise<
  Omit<ReportContent, "cases"> & { readonly cases: readonly ScoredVolumes[] }
> {
  return {
    title: "test run",
    lead: "Made for a test.",
    facts: { Model: "none", Seed: 3 },
    cases: [await reportCase("case one", 1), await reportCase("case two", 2)],
    bestEpoch: 2,
    history: [
      {
        epoch: 1,
        loss: 0.5,
        losses: { loss: 0.5, edge: 0.25 },
        validation: { name: "MAE", unit: "HU", value: 90 },
        learningRate: 1e-3,
        seconds: 2,
      },
      {
        epoch: 2,
        loss: 0.3,
        losses: { loss: 0.3, edge: 0.2 },
        validation: { name: "MAE", unit: "HU", value: 61.25 },
        learningRate: 1e-3,
        seconds: 2,
      },
      {
        epoch: 3,
        loss: 0.2,
        losses: { loss: 0.2, edge: 0.15 },
        validation: { name: "MAE", unit: "HU", value: 70 },
        learningRate: 5e-4,
        seconds: 2,
      },
    ],
  };
}
