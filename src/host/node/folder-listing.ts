import { relative } from "node:path";
import { type ListedSeries, listFiles, type UnreadableFile } from "../../imaging/formats/dicom/index.ts";
import type { LeftOut, VolumeFormat } from "../../imaging/formats/index.ts";
import { fileFormats } from "./file-formats.ts";
import { fileSources } from "./file-sources.ts";
import { treeFiles } from "./folder-files.ts";

/** What is in a folder and in those below it. */
export interface FolderListing {
  /** DICOM series, by patient and study. */
  readonly series: readonly ListedSeries[];
  /** Files that are a volume by themselves, and their format. */
  readonly volumes: readonly { readonly file: string; readonly format: string }[];
  readonly others: readonly LeftOut[];
  /** Files that can't be read, and why. */
  readonly unreadable: readonly UnreadableFile[];
}

/**
 * Lists the volumes in a folder and in the folders below it, links followed: of DICOM each series with what is in it, of other formats each file. File
 * names in the result are relative to the folder. A file that can't be read is listed with the reason; of files of other formats than DICOM the header alone is looked at.
 *
 * @throws MidashError `not-found`, `invalid-file` for an empty folder, `io`, `limit` or `aborted`
 */
export async function listFolder(
  path: string,
  options: { readonly formats?: readonly VolumeFormat[]; readonly signal?: AbortSignal } = {},
): Promise<FolderListing> {
  const { formats = fileFormats, signal } = options;
  const tree = await treeFiles(path, signal);
  const files = fileSources(tree.files, { path, maxFolderBytes: Number.POSITIVE_INFINITY });
  const found = await listFiles(files, { formats, signal });
  const short = (file: string | undefined) => relative(path, file ?? "");
  const left = ({ file, ...more }: LeftOut): LeftOut => ({ ...more, file: short(file) });
  return {
    series: found.series.map((one) => ({ ...one, first: short(one.first), leftOut: one.leftOut.map(left) })),
    volumes: found.volumes.map(({ file, format }) => ({ file: short(file.name), format: format.name })),
    others: [...tree.leftOut, ...found.others].map(left),
    unreadable: found.unreadable.map(({ file, why }) => ({ file: short(file), why })),
  };
}
