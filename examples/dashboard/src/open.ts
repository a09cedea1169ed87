/** Files in: what is among them, which of it is the MR, and whether there is a CT beside it. */

import type { ReadVolume, ShelfVolume, WorkerFiles } from "@midash/core/worker";
import { batch } from "@preact/signals";
import { rest, theReader, warmUp } from "./engine.ts";
import { working } from "./failures.ts";
import { sameGridAs } from "./same-grid.ts";
import { announced, choice, close, givenFiles, problem, show, study, work } from "./study.ts";
import { compare } from "./synthesize.ts";
import { shown } from "./view.ts";

/** Opens files that were chosen or dropped. */
export async function openFiles(files: readonly File[]): Promise<void> {
  if (files.length === 0) return;
  await working("Looking at the files", async (signal) => {
    const opened = await (await theReader()).files(files, { signal });
    givenFiles.set(opened, files);
    const able = opened.volumes.filter(({ problem }) => problem === undefined);
    if (able.length === 0) {
      opened.dispose();
      const reasons = opened.volumes.map(({ name, problem }) => `${name}: ${problem}`);
      problem.value = {
        what: "None of these files is an image that can be opened here. NIfTI, MetaImage, NRRD, MGH and DICOM can.",
        more: [...reasons, ...opened.leftOut.map(({ file, why }) => `${file}: ${why}`)].slice(0, 5),
      };
      return;
    }
    if (able.length === 1) return openVolume(opened, opened.volumes.indexOf(able[0]!), signal);
    const mrs = able.filter(({ modality }) => modality === "MR");
    const cts = able.filter(({ modality }) => modality === "CT");
    if (mrs.length === 1 && cts.length <= 1 && mrs.length + cts.length === able.length) {
      await openVolume(opened, opened.volumes.indexOf(mrs[0]!), signal);
      if (cts[0]) await openVolume(opened, opened.volumes.indexOf(cts[0]), signal);
      return;
    }
    choice.value = { files: opened, volumes: opened.volumes };
    announced.value = `${able.length} images were found. Choose one.`;
  });
}

/** Opens the one that was chosen of several. */
export async function openChosen(files: WorkerFiles, chosen: ShelfVolume): Promise<void> {
  await working(`Reading ${chosen.name}`, (signal) =>
    openVolume(files, files.volumes.indexOf(chosen), signal),
  );
}

/** The page's own sample, which a simulated head is. */
export async function openSample(): Promise<void> {
  const response = await fetch("sample.nii.gz");
  if (!response.ok) throw new Error(`The sample can't be loaded (${response.status}).`);
  await openFiles([new File([await response.blob()], "sample.nii.gz")]);
}

/** Forgets the image and all that was made of it, and gives its memory back. */
export function closeImage(): void {
  work.value?.cancel();
  close();
  rest();
}

async function openVolume(files: WorkerFiles, index: number, signal: AbortSignal): Promise<void> {
  const { name, format } = files.volumes[index]!;
  const read = await files.read(index, { signal });
  if (read.volume.unit === "HU" || files.volumes[index]!.modality === "CT") return addCt(read, name, signal);
  show({ name, mr: read.volume, range: read.window, files, index, format });
  warmUp(); // what fails is said when it is asked
  announced.value = `${name} is open: ${read.volume.shape.join(" by ")} voxels.`;
}

/** A measured CT of the head whose MR is open, on the MR's grid. */
async function addCt({ volume }: ReadVolume, name: string, signal: AbortSignal): Promise<void> {
  const opened = study.value;
  if (!opened) {
    problem.value = {
      what: `${name} is a CT. Open the MR of the same head first; then the CT is compared with the synthetic one.`,
    };
    return;
  }
  const ct = sameGridAs(volume, opened.mr)
    ? volume
    : await (await theReader()).resample(volume, { like: opened.mr, fill: -1000 });
  batch(() => {
    study.value = { ...opened, ct };
    shown.value = "ct";
    choice.value = undefined;
  });
  announced.value = `${name} is the measured CT to compare with.`;
  await compare(signal);
}
