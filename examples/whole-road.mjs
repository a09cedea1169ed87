// The whole road in one small script: train on simulated heads, synthesise a CT for an unseen one, measure, classify.
//
//   npm run build && node examples/whole-road.mjs
//
// In your own project the same imports come from the installed package.
import {
  bodyMask,
  Classifier,
  Dataset,
  Metrics,
  phantomDataset,
  Slicer,
  Synthesizer,
  Trainer,
  UNet,
} from "@midash/core";
import { wasm } from "@midash/core/backends/wasm";
import { saveModel, writeVolume } from "@midash/core/node";

const dataset = phantomDataset({ subjects: { train: 3, validation: 1, test: 1 }, seed: 7 });
if (!(dataset instanceof Dataset)) throw new Error("two copies of the library are loaded");

const trainer = new Trainer({
  model: UNet({ baseFilters: 8, levels: 4 }),
  backend: wasm(),
  slicer: Slicer.slices({ axis: "axial", size: [112, 96] }),
  optimizer: { learningRate: 2e-3 },
  schedule: "cosine",
  epochs: 3,
  stepsPerEpoch: 15,
});
for await (const event of trainer.fit(dataset)) {
  if (event.type === "epoch")
    console.log(`epoch ${event.epoch}: validation MAE ${event.validation.mae?.toFixed(1)} HU`);
}
await saveModel("whole-road.safetensors", trainer.result());

const [subject] = dataset.test;
const mr = await subject.inputs.t1.load();
const ct = await subject.target.load();
const synthesizer = new Synthesizer(trainer.result(), { backend: wasm() });
const { sct, seconds } = await synthesizer.run(mr);
synthesizer.dispose();
await writeVolume("whole-road-sct.nii.gz", sct);

const report = await Metrics.evaluate(sct, ct, { mask: bodyMask(ct), preset: "synthrad2023" });
console.log(`synthesised in ${seconds.toFixed(1)} s (simulated data); MAE ${report.mae.value.toFixed(1)} HU`);
const { table } = await Classifier.density().classify(sct, { mask: bodyMask(ct) });
console.table(table);
