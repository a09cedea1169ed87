import { Volume } from "../../src/imaging/volume/index.ts";
import type { Backend, TensorSession } from "../../src/networks/backends/index.ts";
import type { NamedArray } from "../../src/networks/learning/index.ts";
import type { ModelSpec, TrainableModel } from "../../src/networks/models/index.ts";
import { type Case, Dataset, volumeRef } from "../../src/road/data/index.ts";
import { Slicer } from "../../src/road/preparation/index.ts";
import type { TrainerOptions } from "../../src/road/training/index.ts";

/** A disc of two tissues, 12 × 12 × 3: bright on MR is 40 HU, dark is 600 HU. */
function discCase(n: number): Case {
  const shape = [12, 12, 3] as const;
  const mr = new Float32Array(432);
  const ct = new Float32Array(432).fill(-1000);
  for (let i = 0; i < 432; i++) {
    const r = Math.hypot((i % 12) - 5.5, (Math.floor(i / 12) % 12) - 5.5);
    if (r > 5) continue;
    const bone = r > 2 + (n % 3) * 0.5;
    mr[i] = bone ? 30 + (i % 5) : 100 + (i % 7);
    ct[i] = bone ? 600 : 40;
  }
  return {
    id: `case ${n}`,
    inputs: { mr: volumeRef(new Volume({ shape, data: mr, unit: "arbitrary" })) },
    targets: { ct: volumeRef(new Volume({ shape, data: ct, unit: "HU" })) },
  };
}

export const discs = new Dataset(
  { train: [discCase(0), discCase(1)], validation: [discCase(2)], test: [] },
  { name: "discs", origin: "phantoms" },
);

/**
 * A run without tensors that takes milliseconds, for tests of what surrounds the arithmetic. The "network" has one weight, which
 * moves with the batch, the step's random numbers and a pool that it keeps: whoever loses one of them gets other bits. The validation
 * error goes up and down with it.
 */
export function toyRun(): TrainerOptions {
  const backend: Backend = {
    name: "none",
    supports: async () => true,
    open: async () =>
      ({
        backend: "none",
        can: { train: true, deterministic: true },
        seed: () => undefined,
        run: async (work: () => unknown) => work(),
        close: () => undefined,
      }) as unknown as TensorSession,
  };
  const model: ModelSpec = {
    name: "toy",
    config: {},
    input: { channels: 1, dims: 2, multipleOf: 1 },
    outputs: [{ kind: "ct", name: "ct" }],
    async create(_session, { random, weights }) {
      const one = (value: number): NamedArray => ({ data: Float32Array.of(value), shape: [1] });
      let weight = weights?.w?.data[0] ?? random.next();
      let pool = 0;
      let count = 0;
      const toy: TrainableModel = {
        predict: async (batch) => ({ ...batch, data: batch.data.map((v) => 2 * v * Math.sin(40 * weight)) }),
        async trainStep(batch, step) {
          pool = Math.fround((pool + batch.input.data[70]!) / 2);
          weight = Math.fround(weight + step.random.normal() * (0.1 + pool) + ++count / 1000);
          return { loss: Math.abs(weight) };
        },
        weights: async () => ({ w: one(weight) }),
        state: async () => ({ tensors: { pool: one(pool) }, json: { count } }),
        async restore({ tensors, json }) {
          pool = tensors.pool!.data[0]!;
          count = (json as { count: number }).count;
        },
        dispose: () => undefined,
      };
      return toy;
    },
  };
  return { model, backend, sampler: Slicer.slices({ size: [12, 12] }), batchSize: 4, epochs: 6, seed: 5 };
}
