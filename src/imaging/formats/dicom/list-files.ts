import { MidashError, throwIfAborted } from "../../../base/errors/index.ts";
import type { FileSource, VolumeFormat } from "../format.ts";
import { formatOf } from "../format-of.ts";
import { listVolumes, type UnreadableFile, type VolumeListing } from "./listing.ts";

/** What is among files of any format. */
export interface FileListing extends VolumeListing {
  /** Files that are a volume by themselves, and their format. */
  readonly volumes: readonly { readonly file: FileSource; readonly format: VolumeFormat }[];
  /** Files that can't be read, and why. */
  readonly unreadable: readonly UnreadableFile[];
}

/**
 * Lists the volumes among files: of DICOM each series with what is in it, of other formats each file, whose header alone is looked at. A file that can't
 * be read is listed with the reason.
 *
 * @param options `formats`: those of which one file is one volume
 * @throws MidashError `missing-package` or `aborted`
 */
export async function listFiles(
  files: readonly FileSource[],
  options: { readonly formats: readonly VolumeFormat[]; readonly signal?: AbortSignal },
): Promise<FileListing> {
  const { signal } = options;
  const formats = options.formats.filter(({ readFiles }) => !readFiles);
  const rest: FileSource[] = [];
  const volumes: { file: FileSource; format: VolumeFormat }[] = [];
  const unreadable: UnreadableFile[] = [];
  for (const file of files) {
    throwIfAborted(signal);
    try {
      const format = await formatOf(file, formats, { signal, whole: true });
      if (format) volumes.push({ file, format });
      else rest.push(file);
    } catch (error) {
      if (!MidashError.is(error) || error.kind === "aborted") throw error;
      unreadable.push({ file: file.name ?? "", why: error.what });
    }
  }
  const found = await listVolumes(rest, { signal });
  return { ...found, volumes, unreadable: [...unreadable, ...found.unreadable] };
}
