import { relative } from "node:path";
import { MidashError, throwIfAborted } from "../../base/errors/index.ts";
import { type ListedSeries, listVolumes, type UnreadableFile } from "../../imaging/formats/dicom/index.ts";
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
  const [rest, volumes]: [FileSource[], { file: string; format: string }[]] = [[], []];
  const unreadable: UnreadableFile[] = [];
  const single = formats.filter(({ readFiles }) => !readFiles);
  const short = (file: string | undefined) => relative(path, file ?? "");
  for (const file of fileSources(tree.files, { path, maxFolderBytes: Number.POSITIVE_INFINITY })) {
    throwIfAborted(signal);
    try {
      const format = await formatOf(file, single, { signal, whole: true });
      if (format) volumes.push({ file: short(file.name), format: format.name });
      else rest.push(file);
    } catch (error) {
      if (!MidashError.is(error) || error.kind === "aborted") throw error;
      unreadable.push({ file: file.name ?? "", why: error.what });
    }
  }
  const found = await listVolumes(rest, { signal });
  const left = ({ file, ...more }: LeftOut): LeftOut => ({ ...more, file: short(file) });
  return {
    series: found.series.map((one) => ({ ...one, first: short(one.first), leftOut: one.leftOut.map(left) })),
    volumes,
    others: [...tree.leftOut, ...found.others].map(left),
    unreadable: [...unreadable, ...found.unreadable].map(({ file, why }) => ({ file: short(file), why })),
  };
}

/**
 * The first of `formats` that knows a file by its content, gunzipped or not.
 *
 * @param options `whole`: a gzip file must be whole as far as it is looked at. Default: what is none is of no format
 * @throws MidashError as {@link FileSource.read}; with `whole` also `invalid-file`
 */
export async function formatOf(
  file: FileSource,
  formats: readonly VolumeFormat[],
  options: { readonly signal?: AbortSignal; readonly whole?: boolean } = {},
): Promise<VolumeFormat | undefined> {
  const { signal, whole = false } = options;
  const start = await file.read(8 * SNIFFED, signal); // gzip may need more than it gives
  const where = file.name ?? "file";
  const unpacked = async () => {
    try {
      return await gunzip(start, { limit: SNIFFED, where, signal });
    } catch (error) {
      if (whole) throw error;
      return start;
    }
  };
  const head = isGzip(start) ? await unpacked() : start;
  return formats.find((format) => format.sniff(head));
}
