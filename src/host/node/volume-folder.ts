import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { assert, fail, throwIfAborted } from "../../base/errors/index.ts";
import type { Source, VolumeFormat } from "../../imaging/formats/index.ts";
import type { Volume } from "../../imaging/volume/index.ts";
import { fileFormats } from "./file-formats.ts";
import { fileError, readFileBytes } from "./files.ts";
import type { ReadVolumeOptions } from "./read-volume-options.ts";

/** Bytes of a file that a format's `sniff` sees. */
const HEAD = 544;
const MAX_BYTES = 2 ** 32;
/** A folder of more files than this is no series. */
const MAX_FILES = 100_000;

/** The volume in a folder, by the first format that reads folders and knows any of its files. */
export async function readVolumeFolder(path: string, options: ReadVolumeOptions): Promise<Volume> {
  const { formats = fileFormats, unit, simulated, limits, frame, series, irregular, signal } = options;
  const able = formats.filter((format) => format.readFiles);
  if (able.length === 0)
    fail("unsupported", "is a folder, and no format here reads folders", {
      where: path,
      hint: 'pass formats: [dicom] (from "@midash/core/formats/dicom") for a DICOM series, or give the path of a file',
    });
  const found = await readFormatFiles(path, able, options);
  if (!found)
    return fail(
      "invalid-file",
      `no file in this folder is of a known format (${able.map(({ name }) => name).join(", ")})`,
      { where: path, hint: "check that this is the right folder; folders in it are not searched" },
    );
  const { format, files } = found;
  const volume = await format.readFiles!(files, { limits, frame, series, irregular, signal });
  if (unit === undefined && simulated === undefined) return volume;
  return volume.with({ unit: unit ?? volume.unit, simulated: simulated ?? volume.simulated });
}

/**
 * The files in a folder that belong to the first of `formats` which knows any: by their heads, so that nothing else is read, or by their
 * extension, so that a damaged file is not passed over in silence. `undefined` when there are none.
 *
 * @throws MidashError `not-found`, `io`, `limit` or `aborted`
 */
export async function readFormatFiles(
  path: string,
  formats: readonly VolumeFormat[],
  options: Pick<ReadVolumeOptions, "maxFolderBytes" | "signal">,
): Promise<{ readonly format: VolumeFormat; readonly files: readonly Source[] } | undefined> {
  const { maxFolderBytes = MAX_BYTES, signal } = options;
  assert(maxFolderBytes > 0, `maxFolderBytes must be positive, got ${maxFolderBytes}`, { where: path });
  const heads = await headsOf(path, signal);
  const format = formats.find((candidate) => heads.some(({ head }) => candidate.sniff(head)));
  if (!format) return undefined;
  const named = (name: string) => format.extensions.some((end) => name.toLowerCase().endsWith(end));
  const chosen = heads.filter(({ name, head }) => format.sniff(head) || named(name));
  const total = chosen.reduce((sum, { size }) => sum + size, 0);
  if (total > maxFolderBytes)
    fail("limit", `its ${format.name} files have ${total} bytes, the limit is ${maxFolderBytes}`, {
      where: path,
      hint: "split the folder by series, or raise maxFolderBytes",
    });
  const files: Source[] = [];
  for (const { name } of chosen) {
    const file = join(path, name);
    files.push({ name: file, bytes: await readFileBytes(file, { signal }), owned: true });
  }
  return { format, files };
}

interface Head {
  readonly name: string;
  readonly size: number;
  readonly head: Uint8Array;
}

/** Plain files only: a link or a pipe in a folder from elsewhere must not reach into the disk or hang. */
async function headsOf(path: string, signal: AbortSignal | undefined): Promise<readonly Head[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch((cause) => {
    throw fileError(cause, path, "read");
  });
  const names = entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  if (names.length > MAX_FILES)
    fail("limit", `holds ${names.length} files, the limit is ${MAX_FILES}`, {
      where: path,
      hint: "give a folder of one series",
    });
  const heads: Head[] = [];
  for (const name of names.sort()) {
    throwIfAborted(signal);
    heads.push(await headOf(join(path, name), name));
  }
  return heads;
}

async function headOf(path: string, name: string): Promise<Head> {
  try {
    const handle = await open(path, "r");
    try {
      const head = new Uint8Array(HEAD);
      const { bytesRead } = await handle.read(head, 0, HEAD, 0);
      return { name, size: (await handle.stat()).size, head: head.subarray(0, bytesRead) };
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw fileError(cause, path, "read");
  }
}
