/** Results as files. */

import { theWorker } from "./engine.ts";
import { working } from "./failures.ts";
import { fileName, type Saved } from "./saved.ts";
import { announced, made, study } from "./study.ts";

/** Gives files to whoever sits before the page. */
export function download({ name, type, bytes }: Saved): void {
  const link = document.createElement("a");
  link.download = name;
  link.href = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  announced.value = `${name} was saved.`;
}

/** The synthetic CT, its tissues or its densities as NIfTI. */
export async function saveNifti(which: "sct" | "tissues" | "densities"): Promise<void> {
  const result = made.value!;
  const volume = { sct: result.sct, tissues: result.labels, densities: result.density.labels }[which];
  const bytes = await working("Writing NIfTI", async (signal) =>
    (await theWorker()).encode(volume, { format: "nifti", gzip: true, signal }),
  );
  download({ name: fileName(study.value!.name, which, ".nii.gz"), type: "application/gzip", bytes });
}

/** The synthetic CT as a DICOM series beside the MR's, in one zip file. */
export async function saveDicom(): Promise<void> {
  const { files, index, name } = study.value!;
  const { sct } = made.value!;
  const zipped = await working("Writing DICOM", async (signal) => {
    const series = await files.ctSeries(sct, index, { model: "head", signal });
    const { zipSync } = await import("fflate");
    return zipSync(Object.fromEntries(series.files), { level: 0 });
  });
  download({ name: fileName(name, "sct", ".dicom.zip"), type: "application/zip", bytes: zipped });
}

/** HU at the surface of bone and of the skin. */
const LEVELS = { skull: 300, head: -300 } as const;

/** The surface of the skull or of the head as STL, in mm. */
export async function saveSurface(which: keyof typeof LEVELS): Promise<void> {
  const { sct } = made.value!;
  const bytes = await working("Making the surface", async () =>
    (await theWorker()).stl(sct, { level: LEVELS[which] }),
  );
  download({ name: fileName(study.value!.name, which, ".stl"), type: "model/stl", bytes });
}

/** All numbers that are shown. */
export function saveNumbers(): void {
  const { name, mr } = study.value!;
  const { tissues, density, metrics, brainMl, warnings, backend, seconds, sct } = made.value!;
  const numbers = {
    note: "Research software, not a medical device. The CT is synthetic.",
    file: name,
    shape: mr.shape,
    simulated: mr.simulated,
    trainedOn: sct.trainedOn,
    brainMl,
    tissues,
    densities: density.table,
    metrics,
    warnings,
    backend,
    seconds,
  };
  const text = `${JSON.stringify(numbers, null, 2)}\n`;
  download({
    name: fileName(name, "numbers", ".json"),
    type: "application/json",
    bytes: new TextEncoder().encode(text),
  });
}

/** The pictures as they are seen. */
export function savePicture(canvas: HTMLCanvasElement, axis: string): void {
  canvas.toBlob(async (blob) => {
    if (!blob) return;
    const bytes = new Uint8Array(await blob.arrayBuffer());
    download({ name: fileName(study.value!.name, axis, ".png"), type: "image/png", bytes });
  });
}
