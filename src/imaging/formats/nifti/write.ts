import { throwIfAborted } from "../../../base/errors/index.ts";
import { spacingOf, type Volume } from "../../volume/index.ts";
import type { FormatWriteOptions } from "../format.ts";
import { allocate, gzip } from "../gzip.ts";
import { marksText } from "../marks.ts";
import { encodeVoxels, sizeOf, voxelTypeOf } from "../voxels.ts";
import { qformOf } from "./affine.ts";
import { codeOfVoxelType } from "./datatypes.ts";
import { encodeExtensions } from "./extensions.ts";
import { imageNames } from "./pair.ts";

/** Both forms are written with code 1, "scanner": world coordinates are those of the source, in RAS+ mm. */
const SCANNER = 1;
const MILLIMETRES = 2;

/**
 * Writes a NIfTI: voxels in the volume's own type with its scaling in scl_slope and scl_inter, the affine as sform, and as qform too
 * unless it shears; header extensions that were read. NIfTI-1, or NIfTI-2 where NIfTI-1 can't hold
 * the volume: an axis above 32767 voxels, or a scaling beyond float32. A `name` that ends in .hdr (or .hdr.gz) gives a pair, header
 * and .img; any other one file.
 *
 * NIfTI-1 stores the affine as float32, which moves a corner of a head by some 1e-5 mm.
 */
export async function writeNifti(
  volume: Volume,
  options: FormatWriteOptions = {},
): Promise<Map<string, Uint8Array>> {
  const {
    name = options.gzip ? "volume.nii.gz" : "volume.nii",
    byteOrder = "little",
    engine,
    signal,
  } = options;
  throwIfAborted(signal);
  const pair = /\.hdr(\.gz)?$/i.test(name);
  const littleEndian = byteOrder === "little";
  const voxels = encodeVoxels(volume.data, littleEndian);
  const head = headerOf(volume, { littleEndian, pair, name });
  const zip = options.gzip ?? name.toLowerCase().endsWith(".gz");
  const pack = async (bytes: Uint8Array) => (zip ? gzip(bytes, { engine, signal }) : bytes);
  if (pair)
    return new Map([
      [name, await pack(head)],
      [imageNames(name)[0]!, await pack(voxels.slice())],
    ]);
  const bytes = allocate(head.length + voxels.length, name);
  bytes.set(head);
  bytes.set(voxels, head.length);
  return new Map([[name, await pack(bytes)]]);
}

interface Layout {
  readonly littleEndian: boolean;
  readonly pair: boolean;
  readonly name: string;
}

/** Header, extension flags and extensions: all that stands before the voxels of a single file. */
function headerOf(volume: Volume, { littleEndian, pair, name }: Layout): Uint8Array {
  const { slope, intercept } = volume.scaling;
  const version =
    volume.shape.every((n) => n <= 32767) &&
    Math.fround(slope) !== 0 &&
    [slope, intercept].every((v) => Number.isFinite(Math.fround(v)))
      ? 1
      : 2;
  const fixed = version === 1 ? 348 : 540;
  const extensions = encodeExtensions(volume, littleEndian);
  const bytes = allocate(fixed + 4 + extensions.length, name);
  const view = new DataView(bytes.buffer);
  const type = voxelTypeOf(volume.data);
  const stored = {
    code: codeOfVoxelType(type),
    bits: sizeOf(type) * 8,
    offset: pair ? 0 : bytes.length,
    magic: `n${pair ? "i" : "+"}${version}`,
    littleEndian,
  };
  if (version === 1) putNifti1(view, volume, stored);
  else putNifti2(view, volume, stored);
  if (extensions.length > 0) bytes[fixed] = 1;
  bytes.set(extensions, fixed + 4);
  return bytes;
}

interface Stored {
  readonly code: number;
  readonly bits: number;
  /** vox_offset. */
  readonly offset: number;
  readonly magic: string;
  readonly littleEndian: boolean;
}

/** nifti1.h, 348 bytes. */
function putNifti1(view: DataView, volume: Volume, stored: Stored): void {
  const { littleEndian } = stored;
  const f = fieldsOf(volume);
  const int16 = put((at, v) => view.setInt16(at, v, littleEndian), 2);
  const float32 = put((at, v) => view.setFloat32(at, v, littleEndian), 4);
  view.setInt32(0, 348, littleEndian);
  view.setUint8(38, 0x72); // "r": regular, which old readers want
  int16(40, f.dims);
  int16(70, [stored.code, stored.bits]);
  float32(76, f.pixdim);
  float32(108, [stored.offset, volume.scaling.slope, volume.scaling.intercept]);
  view.setUint8(123, MILLIMETRES);
  putText(view, 148, marksText(volume));
  int16(252, [f.qformCode, SCANNER]);
  float32(256, [...f.quaternion, ...f.translation, ...f.sform]);
  putText(view, 344, stored.magic);
}

/** nifti2.h, 540 bytes. */
function putNifti2(view: DataView, volume: Volume, stored: Stored): void {
  const { littleEndian } = stored;
  const f = fieldsOf(volume);
  const int32 = put((at, v) => view.setInt32(at, v, littleEndian), 4);
  const int64 = put((at, v) => view.setBigInt64(at, BigInt(v), littleEndian), 8);
  const float64 = put((at, v) => view.setFloat64(at, v, littleEndian), 8);
  int32(0, [540]);
  putText(view, 4, `${stored.magic}\0\r\n\x1a\n`);
  view.setInt16(12, stored.code, littleEndian);
  view.setInt16(14, stored.bits, littleEndian);
  int64(16, f.dims);
  float64(104, f.pixdim);
  int64(168, [stored.offset]);
  float64(176, [volume.scaling.slope, volume.scaling.intercept]);
  putText(view, 240, marksText(volume));
  int32(344, [f.qformCode, SCANNER]);
  float64(352, [...f.quaternion, ...f.translation, ...f.sform]);
  int32(500, [MILLIMETRES]);
}

function fieldsOf(volume: Volume) {
  const qform = qformOf(volume.affine);
  return {
    dims: [3, ...volume.shape, 1, 1, 1, 1],
    pixdim: [qform?.qfac ?? 1, ...spacingOf(volume.affine), 1, 1, 1, 1],
    qformCode: qform ? SCANNER : 0,
    quaternion: qform?.quaternion ?? [0, 0, 0],
    translation: qform?.translation ?? [0, 0, 0],
    sform: volume.affine.slice(0, 12),
  };
}

function put(one: (at: number, value: number) => void, size: number) {
  return (at: number, values: readonly number[]) => {
    for (const [i, value] of values.entries()) one(at + i * size, value);
  };
}

function putText(view: DataView, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) view.setUint8(at + i, text.charCodeAt(i));
}
