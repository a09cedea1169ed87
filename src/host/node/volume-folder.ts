import { fail, throwIfAborted } from "../../base/errors/index.ts";
import { type FileSource, formatOf, type LeftOut, type VolumeFormat } from "../../imaging/formats/index.ts";
import type { Volume } from "../../imaging/volume/index.ts";
import { fileFormats } from "./file-formats.ts";
import { fileSources } from "./file-sources.ts";
import { folderFiles, treeFiles } from "./folder-files.ts";
import type { ReadVolumeOptions } from "./read-volume-options.ts";

/** The volume in a folder, by the first format that reads folders and knows any of its files. */
export async function readVolumeFolder(path: string, options: ReadVolumeOptions): Promise<Volume> {
  const {
    formats = fileFormats,
    unit,
    simulated,
    limits,
    frame,
    frameLabel,
    series,
    irregular,
    signal,
  } = options;
  const able = formats.filter((format) => format.readFiles);
  if (able.length === 0)
    fail("unsupported", "is a folder, and no format here reads folders", {
      where: path,
      hint: 'pass formats: [dicom] (from "@midash/core/formats/dicom") for a DICOM series, or give the path of a file',
    });
  const { format, files, leftOut } = await readFormatFiles(path, able, options);
  const read = { limits, frame, frameLabel, series, irregular, signal };
  const volume = await format.readFiles!(files, read);
  const others = [...((volume.meta.leftOut as readonly LeftOut[] | undefined) ?? []), ...leftOut];
  return volume.with({
    unit: unit ?? volume.unit,
    simulated: simulated ?? volume.simulated,
    meta: { ...volume.meta, ...(others.length > 0 ? { leftOut: others } : {}) },
  });
}

/** The files of a folder, and the format that reads them. */
export interface FormatFiles {
  readonly format: VolumeFormat;
  readonly files: readonly FileSource[];
  /** Links that lead nowhere, and the like. */
  readonly leftOut: readonly LeftOut[];
}

/**
 * The files of a folder, for the first of `formats` which knows any of them; where it knows none, those of all folders below, as on a patient's disc. No file is read
 * before the format asks for it.
 *
 * @throws MidashError `invalid-file` when there is no file or no format knows any, or a link leads nowhere; `not-found`, `io`, `limit` or `aborted`
 */
export async function readFormatFiles(
  path: string,
  formats: readonly VolumeFormat[],
  options: Pick<ReadVolumeOptions, "maxFolderBytes" | "signal">,
): Promise<FormatFiles> {
  const { maxFolderBytes, signal } = options;
  for (const list of [folderFiles, treeFiles]) {
    const { files: names, leftOut } = await list(path, signal);
    const files = fileSources(names, { path, maxFolderBytes });
    const format = await firstFormat(files, formats, signal);
    if (!format) continue;
    const lost = leftOut.find(({ doubtful }) => doubtful);
    if (lost)
      fail("invalid-file", lost.why, { where: lost.file, hint: "get it, or remove what leads there" });
    return { format, files, leftOut };
  }
  return fail(
    "invalid-file",
    `no file in this folder or below it is of a known format (${formats.map(({ name }) => name).join(", ")})`,
    { where: path, hint: "check that this is the right folder, or give the path of a file" },
  );
}

async function firstFormat(
  files: readonly FileSource[],
  formats: readonly VolumeFormat[],
  signal: AbortSignal | undefined,
): Promise<VolumeFormat | undefined> {
  for (const file of files) {
    throwIfAborted(signal);
    const found = await formatOf(file, formats, { signal });
    if (found) return found;
  }
  return undefined;
}
