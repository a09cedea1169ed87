/** Small cohorts for `midash process`, and what is in a folder of its results. Needs `npm run build` first. */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { saveModel, writeVolume } from "../../src/host/node/index.ts";
import { phantomDataset, phantomSubject, Trainer, UNet } from "../../src/index.ts";
import { wasm } from "../../src/networks/backends/index.ts";

const GRID = { shape: [24, 28, 20], spacing: [8, 8, 8] } as const;

/** A model that takes no time, as `<root>/own.safetensors`. */
export async function tinyModelFile(root: string): Promise<void> {
  const model = UNet({ baseFilters: 2, levels: 2 });
  const trainer = new Trainer({ model, backend: wasm(), epochs: 1, stepsPerEpoch: 2 });
  const subjects = { train: 1, validation: 0, test: 0 };
  for await (const _ of trainer.fit(phantomDataset({ subjects, ...GRID })));
  const bundle = trainer.result();
  const provenance = { ...bundle.provenance, trainedOn: "patients" } as const;
  await saveModel(join(root, "own.safetensors"), { ...bundle, provenance, intendedFor: "any" });
}

/** Case folders with mr, and ct where `ct` says so. */
export async function caseFolders(
  folder: string,
  ids: readonly string[],
  ct: (id: string) => boolean,
): Promise<void> {
  for (const [subject, id] of ids.entries()) {
    const { inputs, ct: reference } = await phantomSubject({ seed: 1, subject, ...GRID });
    await mkdir(join(folder, id), { recursive: true });
    await writeVolume(join(folder, id, "mr.nii.gz"), inputs.t1!);
    if (ct(id)) await writeVolume(join(folder, id, "ct.nii.gz"), reference);
  }
}

/** SHA-256 of each output of each case; records are left out, for they hold times. */
export async function outputsIn(out: string): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const id of (await readdir(join(out, "cases"))).sort())
    for (const name of (await readdir(join(out, "cases", id))).sort()) {
      if (name === "record.json") continue;
      const bytes = await readFile(join(out, "cases", id, name));
      found[`${id}/${name}`] = createHash("sha256").update(bytes).digest("hex");
    }
  return found;
}

/** The process that is at each case now, as its claim says. */
export async function atWork(out: string): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (const name of await readdir(join(out, "claims")).catch(() => [] as string[])) {
    if (!name.endsWith(".lock")) continue;
    const text = await readFile(join(out, "claims", name), "utf8").catch(() => "");
    const pid = Number(/"pid":(\d+)/.exec(text)?.[1]);
    if (pid) found.set(name.slice(0, -".lock".length), pid);
  }
  return found;
}

/** What unfinished work left: nothing, once all is done. */
export async function leftovers(out: string): Promise<readonly string[]> {
  const folders = ["claims", "tmp"].map((name) => readdir(join(out, name)));
  return (await Promise.all(folders)).flat();
}
