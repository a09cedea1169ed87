/** A short training on a backend and on wasm, from one seed: how far their losses part, and the synthetic CT of one model. */
import type { Backend } from "../../src/networks/backends/index.ts";
import { wasm } from "../../src/networks/backends/index.ts";
import { UNet } from "../../src/networks/models/index.ts";
import { phantomDataset } from "../../src/road/data/index.ts";
import { Slicer } from "../../src/road/preparation/index.ts";
import { Synthesizer } from "../../src/road/synthesis/index.ts";
import { Trainer } from "../../src/road/training/index.ts";

const dataset = () =>
  phantomDataset({
    subjects: { train: 2, validation: 1, test: 1 },
    shape: [40, 46, 32],
    spacing: [5, 5, 5],
  });

/** A short training: its losses, and its model. */
async function trained(backend: Backend) {
  const trainer = new Trainer({
    model: UNet({ baseFilters: 4, levels: 2 }),
    backend,
    sampler: Slicer.slices({ size: [32, 32] }),
    epochs: 1,
    stepsPerEpoch: 50,
    batchSize: 2,
    seed: 3,
    learningRate: 0.003,
  });
  const losses: number[] = [];
  for await (const event of trainer.fit(dataset())) if (event.type === "step") losses.push(event.loss);
  return { losses, bundle: trainer.result() };
}

/** @returns the difference of the losses at each step, and the largest of the CT, in HU */
export async function comparedTraining(backend: Backend): Promise<{ losses: number[]; hu: number }> {
  const [here, there] = [await trained(wasm()), await trained(backend)];
  const mr = await dataset().test[0]!.inputs.t1!.load();
  const made = async (on: Backend) => {
    const synthesizer = new Synthesizer(here.bundle, { backend: on });
    const { sct } = await synthesizer.run(mr);
    synthesizer.dispose();
    return sct.values();
  };
  const [one, other] = [await made(wasm()), await made(backend)];
  return {
    losses: here.losses.map((loss, n) => Math.abs(loss - there.losses[n]!)),
    hu: one.reduce((most, hu, n) => Math.max(most, Math.abs(hu - other[n]!)), 0),
  };
}
