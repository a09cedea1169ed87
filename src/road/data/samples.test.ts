import { expect, test } from "vitest";
import { Random } from "../../base/random/index.ts";
import { Volume } from "../../imaging/volume/index.ts";
import { cpu } from "../../networks/backends/index.ts";
import { UNet } from "../../networks/models/index.ts";
import { decodeModel, encodeModel } from "../model-file/index.ts";
import { parsePreparation, type Sampler, Slicer } from "../preparation/index.ts";
import { Synthesizer } from "../synthesis/index.ts";
import { Trainer } from "../training/trainer.ts";
import { volumeRef } from "./case.ts";
import { Dataset } from "./dataset.ts";
import { prepareCase } from "./prepare-case.ts";

const shape = [12, 10, 4] as const;
const body = (i: number) => Math.hypot((i % 12) - 5.5, (Math.floor(i / 12) % 10) - 4.5) < 4;
const volumeOf = (inside: (i: number) => number, outside: number, unit: "HU" | "arbitrary") =>
  new Volume({
    shape,
    data: Float32Array.from({ length: 480 }, (_, i) => (body(i) ? inside(i) : outside)),
    unit,
  });
const mr = volumeOf((i) => 50 + (i % 7), 0, "arbitrary");
const ct = volumeOf((i) => 40 * (i % 7), -1000, "HU");
const one = { id: "a", inputs: { mr: volumeRef(mr) }, targets: { ct: volumeRef(ct) } };
const dataset = new Dataset({ train: [one], validation: [one], test: [] }, { name: "disc" });

function trainer(slicer: Sampler, inChannels: number): Trainer {
  return new Trainer({
    model: UNet({ baseFilters: 2, levels: 2, inChannels, dims: slicer.dims }),
    backend: cpu(),
    sampler: slicer,
    learningRate: 0.01,
    epochs: 6,
    batchSize: 3,
  });
}

test.each<[string, Sampler, number, number]>([
  ["2.5-D", Slicer.slices({ context: 1 }), 3, 2],
  ["2.5-D of one size, other axis", Slicer.slices({ context: 2, axis: "coronal", size: [4, 12] }), 5, 4],
  ["tiles", Slicer.slices({ fit: "tile", size: [6, 8] }), 1, 6], // starts at 0, 4 in both axes: four tiles in each of 4 slices
  ["2.5-D tiles", Slicer.slices({ fit: "tile", size: [6, 8], context: 1 }), 3, 6],
  ["patches", Slicer.patches({ size: [4, 8, 8], perCase: 6 }), 1, 2],
  ["patches larger than the volume", Slicer.patches({ size: [8, 12, 12], perCase: 3 }), 1, 1],
])("%s: learns, and the model file knows it", async (_name, slicer, channels, steps) => {
  const run = trainer(slicer, channels);
  const losses: number[] = [];
  let done = 0;
  for await (const event of run.fit(dataset)) {
    if (event.type === "epoch") losses.push(event.loss);
    if (event.type === "step") done++;
  }
  expect(done / 6).toBe(steps);
  expect(losses.at(-1)).toBeLessThan(0.9 * losses[0]!);
  const bundle = decodeModel(encodeModel(run.result()));
  const { sampler } = parsePreparation(bundle.preparation);
  expect(sampler.toJSON()).toEqual((slicer.fixedSize ? slicer : slicer.covering(shape, 2)).toJSON());
  const synthesizer = new Synthesizer(bundle, { backend: cpu() });
  const { sct } = await synthesizer.run(mr);
  synthesizer.dispose();
  expect(sct.shape).toEqual(shape);
  // A shift by one slice or tile would show in what validation said of the same volume.
  const { value } = (bundle.metrics as { validation: { value: number } }).validation;
  const inside = [...ct.data.keys()].filter(body);
  const again = inside.reduce((sum, i) => sum + Math.abs(sct.data[i]! - ct.data[i]!), 0) / inside.length;
  expect(again).toBeCloseTo(value, 3);
});

test("channels that don't fit inputs and context are told, in training and in synthesis", async () => {
  const says = "the model takes 1 input channel(s), the data gives 3 (mr, each as 3 slices)";
  await expect(
    trainer(Slicer.slices({ context: 1 }), 1)
      .fit(dataset)
      .next(),
  ).rejects.toThrow(`Trainer: ${says}`);
  const run = trainer(Slicer.slices(), 1);
  for await (const event of run.fit(dataset)) if (event.type === "epoch") break;
  const bundle = run.result();
  const { preparation } = bundle;
  const wider = { ...preparation, sampler: Slicer.slices({ context: 1 }).toJSON() };
  const synthesizer = new Synthesizer({ ...bundle, preparation: wider }, { backend: cpu() });
  await expect(synthesizer.run(mr)).rejects.toThrow(says);
  synthesizer.dispose();
});

test("tiles without anything to learn are left out", async () => {
  const mask = ct.with({ data: Uint8Array.from({ length: 480 }, (_, i) => (i % 12 < 3 && i < 120 ? 1 : 0)) });
  const slicer = Slicer.slices({ fit: "tile", size: [10, 4], overlap: 0 });
  const run = trainer(Slicer.slices(), 1);
  for await (const event of run.fit(dataset)) if (event.type === "epoch") break;
  const preparation = { ...parsePreparation(run.result().preparation), sampler: slicer };
  const { subject } = await prepareCase({ ...one, mask: volumeRef(mask) }, preparation);
  expect(slicer.grid(shape).length).toBe(12);
  expect(slicer.draw(subject.masks.learnt!, new Random(0))).toEqual([[0, 0, 0]]); // of slice 0 the left third
});
