/** Phantom cases and a tiny model for the scripts beside this: node process-cohort.mjs FOLDER CASES. Needs `npm run build` first. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { wasm } from "../../dist/backends/wasm.js";
import { phantomDataset, phantomSubject, Trainer, UNet } from "../../dist/index.js";
import { saveModel, writeVolume } from "../../dist/node/index.js";

const [folder, count] = [process.argv[2], Number(process.argv[3])];
const grid = { shape: [24, 28, 20], spacing: [8, 8, 8] };
const trainer = new Trainer({
  model: UNet({ baseFilters: 2, levels: 2 }),
  backend: wasm(),
  epochs: 1,
  stepsPerEpoch: 2,
});
const subjects = { train: 1, validation: 0, test: 0 };
for await (const _ of trainer.fit(phantomDataset({ subjects, ...grid })));
await mkdir(folder, { recursive: true });
await saveModel(join(folder, "model.safetensors"), trainer.result());
for (let subject = 0; subject < count; subject++) {
  const { inputs, ct } = await phantomSubject({ seed: 1, subject, ...grid });
  const place = join(folder, "cases", `p${String(subject).padStart(5, "0")}`);
  await mkdir(place, { recursive: true });
  await writeVolume(join(place, "mr.nii.gz"), inputs.t1);
  if (subject % 2 === 0) await writeVolume(join(place, "ct.nii.gz"), ct);
}
