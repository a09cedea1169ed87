import { throwIfAborted } from "../errors/index.ts";
import { spacingOf, type Volume } from "../volume/index.ts";
import type { FormatWriteOptions } from "./format.ts";
import { allocate, gzip } from "./gzip.ts";
import { qformOf } from "./nifti-affine.ts";
import { encodeVoxels } from "./nifti-data.ts";
import { marksText } from "./nifti-marks.ts";

/** Both forms are written with code 1, "scanner": world coordinates are those of the source, in RAS+ mm. */
const SCANNER = 1;
const MILLIMETRES = 2;

/**
 * Writes a single-file NIfTI: little endian, voxels in the volume's own type with its scaling in scl_slope and
 * scl_inter, the affine as sform, and as qform too unless it shears. NIfTI-1, or NIfTI-2 where NIfTI-1 can't hold
 * the volume: an axis above 32767 voxels, or a scaling beyond float32.
 *
 * NIfTI-1 stores the affine as float32, which moves a corner of a head by some 1e-5 mm.
 */
export async function writeNifti(
  volume: Volume,
  options: FormatWriteOptions = {},
): Promise<Map<string, Uint8Array>> {
  const { name = options.gzip ? "volume.nii.gz" : "volume.nii", signal } = options;
  throwIfAborted(signal);
  const voxels = encodeVoxels(volume.data);
  const { slope, intercept } = volume.scaling;
  const fits =
    volume.shape.every((n) => n <= 32767) &&
    Math.fround(slope) !== 0 &&
    [slope, intercept].every((v) => Number.isFinite(Math.fround(v)));
  const start = fits ? 352 : 544;
  const bytes = allocate(start + voxels.bytes.length, name);
  const type = { code: voxels.code, bits: voxels.size * 8 };
  const view = new DataView(bytes.buffer);
  if (fits) putNifti1(view, volume, type);
  else putNifti2(view, volume, type);
  bytes.set(voxels.bytes, start);
  const zip = options.gzip ?? name.toLowerCase().endsWith(".gz");
  return new Map([[name, zip ? await gzip(bytes, { signal }) : bytes]]);
}

interface StoredType {
  readonly code: number;
  readonly bits: number;
}

/** nifti1.h, 348 bytes and 4 extension flags. */
function putNifti1(view: DataView, volume: Volume, type: StoredType): void {
  const f = fieldsOf(volume);
  const int16 = put((at, v) => view.setInt16(at, v, true), 2);
  const float32 = put((at, v) => view.setFloat32(at, v, true), 4);
  view.setInt32(0, 348, true);
  view.setUint8(38, 0x72); // "r": regular, which old readers want
  int16(40, f.dims);
  int16(70, [type.code, type.bits]);
  float32(76, f.pixdim);
  float32(108, [352, volume.scaling.slope, volume.scaling.intercept]);
  view.setUint8(123, MILLIMETRES);
  putText(view, 148, marksText(volume));
  int16(252, [f.qformCode, SCANNER]);
  float32(256, [...f.quaternion, ...f.translation, ...f.sform]);
  putText(view, 344, "n+1");
}

/** nifti2.h, 540 bytes and 4 extension flags. */
function putNifti2(view: DataView, volume: Volume, type: StoredType): void {
  const f = fieldsOf(volume);
  const int32 = put((at, v) => view.setInt32(at, v, true), 4);
  const int64 = put((at, v) => view.setBigInt64(at, BigInt(v), true), 8);
  const float64 = put((at, v) => view.setFloat64(at, v, true), 8);
  int32(0, [540]);
  putText(view, 4, "n+2\0\r\n\x1a\n");
  view.setInt16(12, type.code, true);
  view.setInt16(14, type.bits, true);
  int64(16, f.dims);
  float64(104, f.pixdim);
  int64(168, [544]);
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
