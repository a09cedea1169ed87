import { expect, it } from "vitest";
import { bundleOf } from "../../../test/support/identity-model.ts";
import { applyAffine, invertAffine, type Triple, Volume } from "../../imaging/volume/index.ts";
import type { Model } from "../../networks/models/index.ts";
import { forwardSteps, parsePreparation, Slicer, subjectOf } from "../preparation/index.ts";
import { type PredictHow, predictVolume } from "../synthesis/index.ts";
import { type EarlyPart, EarlyParts, planePart } from "./early-parts.ts";

const volumeOf = (shape: Triple) =>
  new Volume({
    shape,
    affine: [1, 0, 0, -5, 0, 1, 0, 7, 0, 0, 1, 2, 0, 0, 0, 1],
    data: Float32Array.from({ length: shape[0] * shape[1] * shape[2] }, (_, n) => (n * 37) % 101),
  });
const shape: Triple = [13, 9, 40];
const mr = volumeOf(shape);
const spec = {
  input: { channels: 1, dims: 3, multipleOf: 4 },
  outputs: [{ kind: "ct", name: "ct" }],
} as const;

/** Gives back what it sees, and a little more in each window, so that windows differ where they overlap. */
function differing(): Model {
  return {
    predict: async (batch) => {
      const more = batch.data[0]! / 200;
      return { ...batch, data: batch.data.map((value) => value + more) };
    },
    weights: async () => ({}),
    dispose: () => undefined,
  };
}

const preparationOf = (size: Triple) => ({
  ...parsePreparation(bundleOf().preparation),
  steps: [],
  sampler: Slicer.patches({ size, overlap: 0.4 }),
});

async function predicted(onPart?: (part: EarlyPart) => void) {
  const preparation = preparationOf([16, 8, 8]);
  const { subject } = await forwardSteps([], subjectOf({ mr }, preparation.inputs));
  const early: PredictHow["early"] = onPart && (async (question) => new EarlyParts(question, onPart));
  const how = { seed: 0, batchSize: 1, early };
  const { ct } = await predictVolume(differing(), spec, subject, preparation, how);
  return ct!.kind === "ct" ? ct!.volume.values() : undefined;
}

it("hands out each voxel once, while the result stays the same to the bit", async () => {
  const times = new Uint8Array(mr.size);
  const plain = await predicted();
  const toVoxel = invertAffine(mr.affine);
  const watched = await predicted(({ own, outputs }) => {
    const [i0, j0, k0] = applyAffine(toVoxel, applyAffine(own.affine, [0, 0, 0]));
    const ct = outputs.ct?.kind === "ct" ? outputs.ct.volume : undefined;
    const [a, b, c] = applyAffine(invertAffine(ct!.affine), applyAffine(own.affine, [0, 0, 0]));
    for (let k = 0; k < own.shape[2]; k++)
      for (let j = 0; j < own.shape[1]; j++)
        for (let i = 0; i < own.shape[0]; i++) {
          const n = i0 + i + shape[0] * (j0 + j + shape[1] * (k0 + k));
          times[n]!++;
          const value = ct!.data[a + i + ct!.shape[0] * (b + j + ct!.shape[1] * (c + k))]!;
          expect(Math.abs(value - plain![n]!)).toBeLessThan(1); // in HU, where its windows differ by less
        }
  });
  expect(watched).toEqual(plain);
  expect(times.every((n) => n === 1)).toBe(true);
});

it("a plane is a slab of its own, where that is no more than a window", async () => {
  const tall = volumeOf([7, 8, 90]);
  const ask = async (volume: Volume, size: Triple, voxel: Triple) => {
    const preparation = preparationOf(size);
    const { subject } = await forwardSteps([], subjectOf({ mr: volume }, preparation.inputs));
    const covering = preparation.sampler.covering(volume.shape, 4);
    const question = { model: differing(), spec, subject, preparation, covering };
    return planePart(question, applyAffine(volume.affine, voxel));
  };
  const part = await ask(tall, [64, 8, 8], [3, 3, 21]);
  expect([part!.own.shape, part!.own.affine[11]]).toEqual([[7, 8, 8], 2 + 17]); // 8 planes around the 21st
  const { ct } = part!.outputs;
  const low = 2 + 17 - 1 - tall.affine[11]!;
  const values = ct!.kind === "ct" ? ct!.volume.values() : [];
  const more = values[0]! - tall.data[7 * 8 * low]!;
  expect(more).toBeLessThan(1);
  for (const [n, value] of values.entries()) expect(value).toBeCloseTo(tall.data[7 * 8 * low + n]! + more, 4);
  expect(await ask(tall, [64, 8, 8], [3, 3, 120])).toBeUndefined(); // outside
  expect(await ask(mr, [16, 8, 8], [3, 3, 21])).toBeUndefined(); // as wide as this volume it would be more
});
