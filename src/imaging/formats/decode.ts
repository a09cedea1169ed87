import { assert, fail, MidashError, throwIfAborted } from "../../base/errors/index.ts";
import { type Unit, Volume } from "../volume/index.ts";
import { type VolumeFormatName, volumeFormats } from "./builtin.ts";
import { isDicom } from "./dicom/sniff.ts";
import { type FormatReadOptions, SNIFFED, type Source, type VolumeFormat } from "./format.ts";
import { gunzip, isGzip } from "./gzip.ts";

const UNITS: readonly Unit[] = ["HU", "arbitrary", "unknown"];

/** Options of {@link decodeVolume}. */
export interface DecodeOptions extends FormatReadOptions {
  /** File name, for error messages and `meta.name`. */
  readonly name?: string;
  /** What the values mean. Wins over the file. Default: what the file states, else "unknown". */
  readonly unit?: Unit;
  /** Whether the image was simulated. Wins over the file. Default: what the file states, else false. */
  readonly simulated?: boolean;
  /** Formats to try, in order; the content decides, not the name. Default: {@link volumeFormats}. */
  readonly formats?: readonly VolumeFormat[];
  /** Gives files beside this one to formats that need them. */
  readonly companion?: Source["companion"];
  /** The bytes are handed over: the volume may keep a view of them instead of a copy. Default false. */
  readonly owned?: boolean;
}

/**
 * A volume from the bytes of a file, gzipped or not. In a browser: `decodeVolume(await file.arrayBuffer())`.
 *
 * @returns voxels in their native type, x fastest; affine to RAS+ mm
 * @throws MidashError `invalid-file` (no known format, truncated, damaged), `unsupported` (a type of voxel, or
 *   several frames and no `frame`), `limit`, `invalid-argument` or `aborted`
 */
export async function decodeVolume(
  bytes: Uint8Array | ArrayBuffer,
  options: DecodeOptions = {},
): Promise<Volume> {
  const { name, unit, simulated, formats = volumeFormats, companion, owned, ...read } = options;
  const { engine, signal } = read;
  assert(
    bytes instanceof Uint8Array || bytes instanceof ArrayBuffer,
    "bytes must be a Uint8Array or an ArrayBuffer",
    { where: { call: "decodeVolume" } },
  );
  assert(unit === undefined || UNITS.includes(unit), `unit must be one of ${UNITS.join(", ")}, got ${unit}`, {
    where: { call: "decodeVolume" },
  });
  throwIfAborted(signal);
  const file = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  const where = name ?? "volume data";
  if (file.length === 0) fail("invalid-file", "the file is empty", { where, hint: "get the file again" });
  const head = isGzip(file)
    ? await gunzip(file, { limit: SNIFFED, where, engine, signal })
    : file.subarray(0, SNIFFED);
  const format = formats.find((candidate) => candidate.sniff(head));
  if (!format) {
    throw new MidashError("invalid-file", `not a volume in a known format (${namesOf(formats)})`, {
      where,
      hint: isDicom(head)
        ? 'it is DICOM: pass formats: [dicom], from "@midash/core/formats/dicom"'
        : "check that this is the right file, or convert it to NIfTI",
    });
  }
  const volume = await format.read({ name, bytes: file, owned, companion }, read);
  if (unit === undefined && simulated === undefined) return volume;
  return volume.with({ unit: unit ?? volume.unit, simulated: simulated ?? volume.simulated });
}

/** Options of {@link encodeVolume}. */
export interface EncodeOptions {
  /** A built-in format by its name, or a format of your own. */
  readonly format: VolumeFormatName | VolumeFormat;
  /** Compress. Default: what the format does by itself, which is false but for "nrrd". */
  readonly gzip?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * The bytes of one file that holds the volume. The built-in formats keep the unit and the mark of simulation (NIfTI in `descrip`,
 * MetaImage in `Comment`, NRRD as a key, MGH in its history), so {@link decodeVolume} finds them again.
 *
 * @throws MidashError `invalid-argument`, `unsupported` when the format can't be written as one file, or `aborted`
 */
export async function encodeVolume(volume: Volume, options: EncodeOptions): Promise<Uint8Array> {
  assert(Volume.is(volume), "the first argument must be a Volume", { where: { call: "encodeVolume" } });
  const { gzip, signal } = options;
  const asked = options.format;
  const format = typeof asked === "string" ? volumeFormats.find(({ name }) => name === asked) : asked;
  assert(
    typeof format === "object",
    `format must be one of ${namesOf(volumeFormats)}, or a VolumeFormat, got "${asked}"`,
    { where: { call: "encodeVolume" } },
  );
  if (!format.write)
    return fail("unsupported", `format "${format.name}" can't be written`, {
      where: { call: "encodeVolume" },
    });
  const files = [
    ...(await format.write(volume, { ...(gzip === undefined ? {} : { gzip }), signal })).values(),
  ];
  if (files.length !== 1)
    fail("unsupported", `format "${format.name}" writes ${files.length} files, not one`, {
      where: { call: "encodeVolume" },
      hint: "call its write()",
    });
  return files[0]!;
}

function namesOf(formats: readonly VolumeFormat[]): string {
  return formats.map((format) => format.name).join(", ");
}
