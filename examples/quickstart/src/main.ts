// The whole road in one program: simulated heads, a small U-Net, a model file, a synthetic CT, its scores and its tissue.
import {
  bodyMask,
  Classifier,
  Metrics,
  phantomDataset,
  Slicer,
  Synthesizer,
  schedules,
  Trainer,
  UNet,
} from "@midash/core";
import { wasm } from "@midash/core/backends/wasm";
import { loadModel, readVolume, saveModel, writeVolume } from "@midash/core/node";

// 1. Data: heads that differ in shape, bone and noise; none of them is in two parts.
const dataset = phantomDataset({
  subjects: { train: 3, validation: 1, test: 1 },
  shape: [56, 64, 44],
  spacing: [3.5, 3.5, 3.5], // mm
  seed: 7,
});

// 2. Train on axial slices, for seconds instead of hours: few filters, few steps, a high rate that falls to 0.
const trainer = new Trainer({
  model: UNet({ baseFilters: 8, levels: 3 }),
  backend: wasm(),
  sampler: Slicer.slices({ axis: "axial", size: [64, 56] }),
  learningRate: 4e-3,
  schedule: schedules.cosine(),
  epochs: 3,
  stepsPerEpoch: 20,
  seed: 7,
});
for await (const event of trainer.fit(dataset))
  if (event.type === "epoch")
    console.log(
      `epoch ${event.epoch}/${event.epochs}: validation MAE ${event.validation?.value.toFixed(1)} HU`,
    );

// 3. One file holds the weights and the steps around them. Save it, load it.
await saveModel("model.safetensors", trainer.result());
const synthesizer = new Synthesizer(await loadModel("model.safetensors"), { backend: wasm() });

// 4. A synthetic CT of a head that the model has not seen, on the grid of its MR.
const [unseen] = dataset.test;
if (!unseen?.inputs.t1 || !unseen.targets?.ct) throw new Error("the phantom has a T1 and a CT");
const mr = await unseen.inputs.t1.load();
const { sct, backend } = await synthesizer.run(mr);
synthesizer.dispose(); // frees the model's tensors
await writeVolume("mr.nii.gz", mr);
await writeVolume("sct.nii.gz", sct);
console.log(
  `sct.nii.gz: ${sct.shape.join("×")} voxels in ${sct.unit}, made on ${backend}, simulated: ${sct.simulated}`,
);

// 5. Against the true CT, inside the body, by the definitions of the SynthRAD2023 challenge.
const ct = await unseen.targets.ct.load();
const report = await Metrics.evaluate(sct, ct, { mask: bodyMask(ct), preset: "synthrad2023" });
for (const name of ["mae", "psnr", "ssim"] as const) {
  const { value, unit = "", preset, maskRule, voxels } = report[name];
  console.log(`${name} ${value.toFixed(3)} ${unit} (${preset}; ${maskRule}; ${voxels} voxels)`);
}

// 6. How much air, fat, soft tissue and bone there is, from the file.
const { table } = await Classifier.density().classify(await readVolume("sct.nii.gz"));
console.table(
  table.map(({ name, voxels, mL, meanHU }) => ({
    name,
    voxels,
    mL: mL.toFixed(0),
    meanHU: meanHU?.toFixed(0),
  })),
);
