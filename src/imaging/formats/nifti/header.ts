import { fail, MidashError } from "../../../base/errors/index.ts";
import { isCode } from "./datatypes.ts";

/** The fields of a NIfTI-1 or NIfTI-2 header that this library uses, as stored, for a file whose shape is sane. */
export interface NiftiHeader {
  readonly version: 1 | 2;
  readonly littleEndian: boolean;
  /** A .hdr, whose voxels lie in an .img. */
  readonly pair: boolean;
  /** Voxels along each axis, 1 to 7 of them; each is a positive integer. */
  readonly dims: readonly number[];
  readonly datatype: number;
  /** pixdim[0..7]; [0] is qfac. May hold anything, NaN too. */
  readonly pixdim: readonly number[];
  /** Byte at which the voxels begin. */
  readonly offset: number;
  readonly slope: number;
  readonly intercept: number;
  readonly qformCode: number;
  readonly sformCode: number;
  /** quatern_b, c, d. */
  readonly quaternion: readonly [number, number, number];
  /** qoffset_x, y, z. */
  readonly translation: readonly [number, number, number];
  /** srow_x, srow_y, srow_z: 12 numbers. */
  readonly sform: readonly number[];
  /** Code of the spatial unit: 0 unknown, 1 m, 2 mm, 3 µm. */
  readonly lengthUnit: number;
  readonly description: string;
  readonly intentName: string;
}

/** Bytes of the header with its 4 extension flags; enough to read any NIfTI header. */
export const NIFTI_HEAD = 544;

type Kind = { version: 1 | 2; littleEndian: boolean; pair: boolean } | "analyze";

/**
 * Which NIfTI the bytes are, or `undefined`: header size in either byte order plus magic string. A wrong header size is passed over where
 * the first number of dim tells the byte order, as nibabel and niftilib do. Without the magic it is Analyze 7.5, if dim and datatype are possible.
 */
export function sniffNifti(head: Uint8Array): Kind | undefined {
  if (head.length < 12) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const orders = [true, false] as const;
  for (const littleEndian of orders) {
    const size = view.getInt32(0, littleEndian);
    const magic = size === 348 ? text(head, 344, 4) : size === 540 ? text(head, 4, 4) : "";
    if (magic === "n+1" || magic === "ni1") return { version: 1, littleEndian, pair: magic === "ni1" };
    if (magic === "n+2" || magic === "ni2") return { version: 2, littleEndian, pair: magic === "ni2" };
  }
  if (head.length < 348) return undefined;
  const magic = text(head, 344, 4);
  for (const littleEndian of orders) {
    const axes = view.getInt16(40, littleEndian);
    if (axes < 1 || axes > 7) continue;
    if (magic === "n+1" || magic === "ni1") return { version: 1, littleEndian, pair: magic === "ni1" };
    const isOld = view.getInt32(0, littleEndian) === 348 && isCode(view.getInt16(70, littleEndian));
    if (isOld) return "analyze";
  }
  return undefined;
}

/**
 * Parses the header through `nifti-reader-js`, behind a guard for what version 0.8 gets wrong: it is given the bare
 * header (its extension parser can loop for ever on a forged size), and the fields that it mangles are read here
 * (64-bit integers in big-endian files, strings after their NUL, the sform when the qform's code is larger).
 *
 * @throws MidashError `invalid-file`, or `unsupported` for Analyze 7.5
 */
export async function parseNiftiHeader(head: Uint8Array, where: string): Promise<NiftiHeader> {
  const kind = sniffNifti(head);
  if (!kind) {
    throw new MidashError("invalid-file", "not a NIfTI file: it has no NIfTI header", {
      where,
      hint: "check that this is the right file",
    });
  }
  if (kind === "analyze")
    return fail("unsupported", "an Analyze 7.5 header: it does not say which side of the patient is left", {
      where,
      hint: "convert it to NIfTI by a program that knows, such as the one that wrote it",
    });
  const { version, littleEndian, pair } = kind;
  const size = version === 1 ? 348 : 540;
  if (head.length < size) {
    fail("invalid-file", `truncated inside the header: ${head.length} of ${size} bytes`, {
      where,
      hint: "get the file again",
    });
  }
  const bytes = head.slice(0, size);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, size, littleEndian);
  const { NIFTI1, NIFTI2 } = await import("nifti-reader-js");
  const raw = version === 1 ? new NIFTI1() : new NIFTI2();
  raw.readHeader(bytes.buffer);

  const int64 = (at: number) => Number(view.getBigInt64(at, littleEndian));
  const sizes = version === 1 ? raw.dims : raw.dims.map((_, d) => int64(16 + 8 * d));
  const srow = (i: number) =>
    version === 1 ? view.getFloat32(280 + 4 * i, littleEndian) : view.getFloat64(400 + 8 * i, littleEndian);
  return {
    version,
    littleEndian,
    pair,
    dims: checkDims(sizes, version, where),
    datatype: raw.datatypeCode,
    pixdim: raw.pixDims,
    offset: checkOffset(version === 1 ? Math.floor(raw.vox_offset) : int64(168), {
      least: pair ? 0 : size + 4,
      at: version === 1 ? 108 : 168,
      where,
    }),
    slope: raw.scl_slope,
    intercept: raw.scl_inter,
    qformCode: raw.qform_code,
    sformCode: raw.sform_code,
    quaternion: [raw.quatern_b, raw.quatern_c, raw.quatern_d],
    translation: [raw.qoffset_x, raw.qoffset_y, raw.qoffset_z],
    sform: Array.from({ length: 12 }, (_, i) => srow(i)),
    lengthUnit: raw.xyzt_units & 7,
    description: version === 1 ? text(bytes, 148, 80) : text(bytes, 240, 80),
    intentName: version === 1 ? text(bytes, 328, 16) : text(bytes, 508, 16),
  };
}

/**
 * How many there are; the sizes themselves are checked by `checkShape`. Behind the third, sizes below 1 mean 1, as in niftilib: programs leave
 * them 0. In space a size of 0 is refused: nibabel reads an empty array, niftilib one slice.
 */
function checkDims(sizes: readonly number[], version: 1 | 2, where: string): number[] {
  const count = sizes[0]!;
  if (count >= 1 && count <= 7) return sizes.slice(1, 1 + count).map((n, d) => (d >= 3 && n < 1 ? 1 : n));
  throw new MidashError("invalid-file", `the header claims ${count} dimensions, NIfTI has 1 to 7`, {
    where,
    offset: version === 1 ? 40 : 16,
    hint: "get the file again",
  });
}

/** 0 means "straight after the header". nibabel and niftilib would read voxels out of the header itself, or of its flag bytes. */
function checkOffset(
  offset: number,
  { least, at, where }: { readonly least: number; readonly at: number; readonly where: string },
): number {
  if (offset === 0) return least;
  if (Number.isSafeInteger(offset) && offset >= least) return offset;
  throw new MidashError(
    "invalid-file",
    `the header puts the voxels at byte ${offset}, they can begin at ${least}`,
    { where, offset: at, hint: "get the file again" },
  );
}

/** ASCII up to the first NUL. */
function text(bytes: Uint8Array, start: number, length: number): string {
  const field = bytes.subarray(start, start + length);
  const end = field.indexOf(0);
  return String.fromCharCode(...(end < 0 ? field : field.subarray(0, end)));
}
