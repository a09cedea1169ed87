import { createHash } from "node:crypto";
import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeVolume } from "@midash/core";
import { listFolder, readVolume, writeCtSeries } from "@midash/core/node";
import { doJob, type Server } from "./client.ts";

/** An MR in the watched folder. */
interface Found {
  /** Of its results, within those of the entry. */
  readonly name: string;
  /** The file, or the folder of its series. */
  readonly path: string;
  /** Of a DICOM series: its UID. */
  readonly series?: string;
}

/** Results of one entry of the watched folder, whole or not there: sct.nii.gz, sct_labels.nii.gz and record.json of each MR in it, and the synthetic CT as a series where the MR is DICOM. @throws Error with the reason */
export async function doEntry(
  path: string,
  out: string,
  { server, labels, stamp, signal }: { server: Server; labels: boolean; stamp: string; signal: AbortSignal },
): Promise<void> {
  const found = await mrsOf(path);
  if (found.length === 0) throw new Error("no MR in it: neither a volume nor a DICOM series of modality MR");
  const temporary = `${out}.tmp`;
  await rm(temporary, { recursive: true, force: true });
  for (const { name, path: source, series } of found) {
    const folder = join(temporary, name);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const mr = await readVolume(source, series === undefined ? {} : { series });
    const body = await encodeVolume(mr, { format: "nifti", gzip: true });
    const key = createHash("sha256").update(`${stamp} ${name}`).digest("hex");
    const files = await doJob(server, { body, format: ".nii.gz", key, labels }, signal);
    for (const [file, bytes] of files) await writeFile(join(folder, file), bytes, { mode: 0o600 });
    if (series === undefined) continue;
    const record = JSON.parse(new TextDecoder().decode(files.get("record.json"))) as {
      readonly model: { readonly names: string; readonly trainedOn: (typeof mr)["trainedOn"] };
    };
    const sct = (await readVolume(join(folder, "sct.nii.gz"))).with({
      unit: "HU",
      trainedOn: record.model.trainedOn,
    });
    await writeCtSeries(join(folder, "dicom"), sct, { source, series, model: record.model.names });
  }
  await writeFile(join(temporary, "stamp"), stamp);
  await rm(out, { recursive: true, force: true });
  await rename(temporary, out);
}

async function mrsOf(path: string): Promise<Found[]> {
  if (!(await stat(path)).isDirectory()) return [{ name: ".", path }];
  const { series, volumes } = await listFolder(path);
  const mrs = series.filter(({ modality, problem }) => modality === "MR" && problem === undefined);
  const found = [
    ...volumes.map(({ file }) => ({ name: file.replace(/[^\w.-]+/g, "-"), path: join(path, file) })),
    ...mrs.flatMap(({ uid }) => (uid === undefined ? [] : [{ name: uid, path, series: uid }])),
  ];
  return found.length === 1 ? [{ ...found[0]!, name: "." }] : found;
}
