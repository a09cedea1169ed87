import { relative } from "node:path";
import { throwIfAborted } from "../../base/errors/index.ts";
import { type ListedSeries, listVolumes } from "../../imaging/formats/dicom/index.ts";
import {
  type FileSource,
  gunzip,
  isGzip,
  type LeftOut,
  SNIFFED,
  type VolumeFormat,
} from "../../imaging/formats/index.ts";
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
}

/**
 * Lists the volumes in a folder and in the folders below it, links followed: of DICOM each series with what is in it, of other formats each file. File
 * names in the result are relative to the folder.
 *
 * @throws MidashError `not-found`, `invalid-file` for an empty folder, `io`, `limit`, `aborted`, or as `listVolumes`
 */
export async function listFolder(
  path: string,
  options: { readonly formats?: readonly VolumeFormat[]; readonly signal?: AbortSignal } = {},
): Promise<FolderListing> {
  const { formats = fileFormats, signal } = options;
  const tree = await treeFiles(path, signal);
  const [rest, volumes]: [FileSource[], { file: string; format: string }[]] = [[], []];
  const single = formats.filter(({ readFiles }) => !readFiles);
  const short = (file: string | undefined) => relative(path, file ?? "");
  for (const file of fileSources(tree.files, { path, maxFolderBytes: Number.POSITIVE_INFINITY })) {
    throwIfAborted(signal);
    const format = await formatOf(file, single, signal);
    if (format) volumes.push({ file: short(file.name), format: format.name });
    else rest.push(file);
  }
  const found = await listVolumes(rest, { signal });
  const left = ({ file, ...more }: LeftOut): LeftOut => ({ ...more, file: short(file) });
  return {
    series: found.series.map((one) => ({ ...one, first: short(one.first), leftOut: one.leftOut.map(left) })),
    volumes,
    others: [...tree.leftOut, ...found.others].map(left),
  };
}

/** The first of `formats` that knows a file by its content, gunzipped or not. */
export async function formatOf(
  file: FileSource,
  formats: readonly VolumeFormat[],
  signal?: AbortSignal,
): Promise<VolumeFormat | undefined> {
  const start = await file.read(8 * SNIFFED, signal); // gzip may need more than it gives
  const where = file.name ?? "file";
  const head = isGzip(start)
    ? await gunzip(start, { limit: SNIFFED, where, signal }).catch(() => start)
    : start;
  return formats.find((format) => format.sniff(head));
}
