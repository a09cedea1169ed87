import { basename, dirname, join } from "node:path";
import { assert, fail } from "../../base/errors/index.ts";
import { decodeVolume, isGzip, type VolumeFormat } from "../../imaging/formats/index.ts";
import { Volume } from "../../imaging/volume/index.ts";
import { arrivingFile } from "./arriving-file.ts";
import { readCompanion } from "./companion.ts";
import { fileFormats } from "./file-formats.ts";
import { isFile, isFolder, writeFileAtomic } from "./files.ts";
import { engineWhile, zlibEngine } from "./gzip-engine.ts";
import type { ReadVolumeOptions } from "./read-volume-options.ts";
import { readVolumeFolder } from "./volume-folder.ts";

/**
 * Reads a volume from a file, or from a folder that holds one, such as a DICOM series. Content decides the format, not names.
 *
 * Of a folder, only plain files that the format knows are read, and nothing below it.
 *
 * @example
 * const ct = await readVolume("ct.nii.gz", { unit: "HU" }); // NIfTI does not say HU, so say it
 * const mr = await readVolume("series/"); // DICOM
 *
 * @throws MidashError whose `where` is the path, or the file or series in a folder: `not-found`, `io`, `limit`, or what `decodeVolume` or the
 *   format's `readFiles` throws
 */
export async function readVolume(path: string, options: ReadVolumeOptions = {}): Promise<Volume> {
  assert(typeof path === "string" && path !== "", "path must be a non-empty string", {
    where: { call: "readVolume" },
  });
  if (await isFolder(path)) return readVolumeFolder(path, options);
  const main = await mainFile(path);
  const { formats = fileFormats, signal } = options;
  const file = await arrivingFile(main, { signal });
  try {
    await file.until(1);
    // A gzipped file is unpacked while it arrives; formats of others may look at it otherwise than through the engine.
    const asItArrives = isGzip(file.bytes) && formats.every((format) => fileFormats.includes(format));
    if (!asItArrives) await file.until(file.bytes.length);
    return await decodeVolume(file.bytes, {
      engine: asItArrives ? engineWhile(file) : zlibEngine,
      ...options,
      formats,
      name: main,
      companion: (name) => readCompanion(main, name, signal),
      owned: true,
    });
  } finally {
    await file.close();
  }
}

/** Options of {@link writeVolume}. */
export interface WriteVolumeOptions {
  /** Formats to choose from by extension. Default: `volumeFormats` and DICOM. */
  readonly formats?: readonly VolumeFormat[];
  /** Compress. Default: as the extension says (.nii.gz, .mgz); .nrrd and .nhdr are compressed, .mha and .mhd are not. */
  readonly gzip?: boolean;
  /** Of headers and voxels, where the format has a choice. Default "little". */
  readonly byteOrder?: "little" | "big";
  readonly signal?: AbortSignal;
}

/**
 * Writes a volume, atomically, in the format of the path's extension: .nii, .nii.gz, .hdr with .img, .mha, .mhd with .raw, .nrrd,
 * .nhdr with .raw.gz, .mgh, .mgz.
 *
 * @throws MidashError whose `where` is the path: `unsupported` for another extension, `not-found` when the folder is
 *   absent, `io` or `aborted`
 */
export async function writeVolume(
  path: string,
  volume: Volume,
  options: WriteVolumeOptions = {},
): Promise<void> {
  const { formats = fileFormats, gzip, byteOrder, signal } = options;
  assert(typeof path === "string" && path !== "", "path must be a non-empty string", {
    where: { call: "writeVolume" },
  });
  assert(Volume.is(volume), "the second argument must be a Volume", { where: { call: "writeVolume" } });
  const writable = formats.filter((format) => format.write);
  const lower = path.toLowerCase();
  const format = writable.find(({ extensions }) => extensions.some((extension) => lower.endsWith(extension)));
  if (!format?.write) {
    const known = writable.flatMap(({ extensions }) => extensions).join(", ");
    return fail("unsupported", "no format for this extension", { where: path, hint: `use one of ${known}` });
  }
  const files = await format.write(volume, {
    name: basename(path),
    ...(gzip === undefined ? {} : { gzip }),
    byteOrder,
    engine: zlibEngine,
    signal,
  });
  // The main file comes first in the map and goes last to disk: once it is there, all that it names is.
  for (const [name, bytes] of [...files].reverse())
    await writeFileAtomic(join(dirname(path), name), bytes, { signal });
}

/** Files of bare voxels, and those that may say what they are: of "ct.img" that is "ct.hdr". */
const HEADERS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/\.img$/i, [".hdr", ".hdr.gz"]],
  [/\.img\.gz$/i, [".hdr.gz", ".hdr"]],
  [/\.zraw$/i, [".mhd"]],
  [/\.raw(\.gz)?$/i, [".mhd", ".nhdr"]],
];

/** An .img or .raw holds voxels and no word of what they are: its header is read, which lies beside it. */
async function mainFile(path: string): Promise<string> {
  const [voxels, headers = []] = HEADERS.find(([end]) => end.test(path)) ?? [];
  for (const header of headers) {
    const beside = path.replace(voxels!, header);
    if (await isFile(beside)) return beside;
  }
  return path;
}
