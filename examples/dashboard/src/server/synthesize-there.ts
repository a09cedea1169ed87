/** The MR to the server, and what it made of it back into the same views. */
import { HEAD_CLASSES, type Volume } from "@midash/core";
import { theReader } from "../engine.ts";
import { working } from "../failures.ts";
import { givenFiles, type Study, study } from "../study.ts";
import { showMade } from "../synthesize.ts";
import { file, follow, remove, upload } from "./jobs.ts";
import { token } from "./token.ts";

/** What the server takes as it is. */
const FORMATS = [".nii.gz", ".nii", ".mha", ".nrrd", ".mgz", ".mgh"];

export async function synthesizeThere({ uncertainty }: { readonly uncertainty: boolean }): Promise<void> {
  const opened = study.value;
  if (!opened) return;
  if (!token.value) throw new Error("The server asks for a token: type it under “Compute”.");
  await working("Sending the image to the server", async (signal, progress, now) => {
    const { blob, format } = await fileOf(opened, signal);
    const { id } = await upload(blob, format, uncertainty, signal);
    try {
      const ended = await follow(
        id,
        (job) => {
          now(job.state === "queued" ? "Waiting for the server" : "The server makes the synthetic CT");
          if (job.progress !== undefined) progress(0.95 * job.progress);
        },
        signal,
      );
      if (ended.state === "failed") throw new Error(`The server could not do it: ${ended.reason}`);
      now("Fetching the result");
      await showMade(opened.mr, await resultOf(id, uncertainty, signal), signal);
    } finally {
      await remove(id).catch(() => undefined); // it goes by itself, later
    }
  });
}

/** The file that the MR came in, where the server can read it; else (DICOM, one of several volumes) the MR as NIfTI. */
async function fileOf({ files, index, mr }: Study, signal: AbortSignal) {
  const volume = files.volumes[index]!;
  const format = FORMATS.find((end) => volume.name.toLowerCase().endsWith(end));
  const given = givenFiles.get(files)?.find((one) => (one.webkitRelativePath || one.name) === volume.name);
  if (given && format) return { blob: given, format };
  const bytes = await (await theReader()).encode(mr, { format: "nifti", gzip: true, signal });
  return { blob: new Blob([bytes as Uint8Array<ArrayBuffer>]), format: ".nii.gz" };
}

async function resultOf(id: string, uncertainty: boolean, signal: AbortSignal) {
  const read = async (name: string): Promise<Volume> => {
    const content = await file(id, `${name}.nii.gz`, signal);
    const opened = await (await theReader()).files([{ name: `${name}.nii.gz`, content }], { signal });
    try {
      return (await opened.read(0, { signal })).volume;
    } finally {
      opened.dispose();
    }
  };
  const record = JSON.parse(new TextDecoder().decode(await file(id, "record.json", signal))) as {
    readonly backend: string;
    readonly warnings: readonly string[];
    readonly simulated: boolean;
    readonly model: { readonly trainedOn: Volume["trainedOn"] };
    readonly facts: { readonly brainMl: number; readonly seconds: number };
  };
  const { backend, warnings, simulated, facts } = record;
  const whose = { simulated, trainedOn: record.model.trainedOn };
  const labels = await read("sct_labels");
  return {
    sct: (await read("sct")).with({ ...whose, unit: "HU" }),
    labels: labels.with({ meta: { ...labels.meta, classes: HEAD_CLASSES } }),
    uncertainty: uncertainty ? (await read("sct_uncertainty")).with({ unit: "HU" }) : undefined,
    brainMl: facts.brainMl,
    seconds: facts.seconds,
    warnings,
    backend: `the server (${backend})`,
  };
}
