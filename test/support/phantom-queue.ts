/** Many very small cases for queues: few distinct ones, linked under many names. Needs `npm run build` first. */
import { link, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { saveModel, writeVolume } from "../../src/host/node/index.ts";
import { phantomDataset, phantomSubject, Trainer, UNet } from "../../src/index.ts";
import { wasm } from "../../src/networks/backends/index.ts";

const GRID = { shape: [12, 14, 10], spacing: [16, 16, 16] } as const;
export const DISTINCT = 20;

/** `<folder>/model.safetensors`, `distinct/dN/mr.nii.gz`, and `cases/pNNNNN/mr.nii.gz`, of which N and N + 20 are one file. */
export async function phantomQueue(folder: string, cases: number): Promise<void> {
  const model = UNet({ baseFilters: 2, levels: 1 });
  const trainer = new Trainer({ model, backend: wasm(), epochs: 1, stepsPerEpoch: 1 });
  const subjects = { train: 1, validation: 0, test: 0 };
  for await (const _ of trainer.fit(phantomDataset({ subjects, ...GRID })));
  const bundle = trainer.result();
  const provenance = { ...bundle.provenance, trainedOn: "patients" } as const;
  await mkdir(folder, { recursive: true });
  await saveModel(join(folder, "model.safetensors"), { ...bundle, provenance, intendedFor: "any" });
  for (let subject = 0; subject < Math.min(DISTINCT, cases); subject++) {
    const { inputs } = await phantomSubject({ seed: 1, subject, ...GRID });
    await mkdir(distinctFolder(folder, subject), { recursive: true });
    await writeVolume(join(distinctFolder(folder, subject), "mr.nii.gz"), inputs.t1!);
  }
  for (let n = 0; n < cases; n++) {
    const place = join(folder, "cases", caseName(n));
    await mkdir(place, { recursive: true });
    await link(join(distinctFolder(folder, n), "mr.nii.gz"), join(place, "mr.nii.gz"));
  }
}

export function caseName(n: number): string {
  return `p${String(n).padStart(5, "0")}`;
}

/** Of the case that n is a link of. */
export function distinctFolder(folder: string, n: number): string {
  return join(folder, "distinct", `d${n % DISTINCT}`);
}
