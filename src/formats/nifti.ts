import { assert, fail, throwIfAborted } from "../errors/index.ts";
import { type Scaling, type Triple, Volume } from "../volume/index.ts";
import type { FormatReadOptions, Source, VolumeFormat } from "./format.ts";
import { gunzip, isGzip, MAX_GZIP_RATIO } from "./gzip.ts";
import { affineMethod, niftiAffine } from "./nifti-affine.ts";
import { type Datatype, datatypeOf, decodeVoxels } from "./nifti-data.ts";
import { NIFTI_HEAD, type NiftiHeader, parseNiftiHeader, sniffNifti } from "./nifti-header.ts";
import { readMarks } from "./nifti-marks.ts";
import { writeNifti } from "./nifti-write.ts";

/** Default of `limits.maxVoxels`: 2^29. */
const MAX_VOXELS = 2 ** 29;

/**
 * NIfTI-1 and NIfTI-2 in one file, .nii or .nii.gz, either byte order; .hdr/.img pairs are refused. Voxels keep their
 * type (8 to 32 bit integers, float32, float64) and scl_slope and scl_inter become `Volume.scaling`; 64-bit
 * integers become float64 where that is exact. The affine is the sform, else the qform, else voxel sizes, as in
 * nibabel. The unit is "unknown" unless this library wrote the file. `meta` tells `format`, `name`, `description`
 * and `affineFrom`.
 *
 * Checksums of .nii.gz are verified except when a `frame` before the last is read, where reading stops early.
 */
export const nifti: VolumeFormat = {
  name: "nifti",
  extensions: [".nii", ".nii.gz"],
  sniff: (head) => sniffNifti(head) !== undefined,
  read: readNifti,
  write: writeNifti,
};

async function readNifti(source: Source, options: FormatReadOptions = {}): Promise<Volume> {
  const { bytes, name: where = "NIfTI data" } = source;
  const { signal } = options;
  throwIfAborted(signal);
  const zipped = isGzip(bytes);
  const head = zipped
    ? await gunzip(bytes, { limit: NIFTI_HEAD, where, signal })
    : bytes.subarray(0, NIFTI_HEAD);
  const header = await parseNiftiHeader(head, where);
  const type = datatypeOf(header, where);
  const scaling = scalingOf(header, where);
  const affine = niftiAffine(header, where);
  const shape = [0, 1, 2].map((d) => header.dims[d] ?? 1) as unknown as Triple;
  const count = shape[0] * shape[1] * shape[2];
  const frames = header.dims.slice(3).reduce((product, n) => product * n, 1);
  const all = header.offset + count * frames * type.size;
  checkCapacity(bytes.length * (zipped ? MAX_GZIP_RATIO : 1), all, header, type, where);
  checkLimit(count, options.limits?.maxVoxels, where);
  const frame = checkFrame(options.frame, frames, where);

  const start = header.offset + frame * count * type.size;
  const end = start + count * type.size;
  // One byte more than the file needs, so that its end and with it its checksum is seen.
  const limit = end === all ? all + 1 : end;
  const file = zipped ? await gunzip(bytes, { limit, where, signal }) : bytes;
  checkCapacity(file.length, end, header, type, where);
  const data = decodeVoxels(file, header, { start, count, where, signal });
  const meta = {
    format: `NIfTI-${header.version}`,
    affineFrom: affineMethod(header),
    ...(source.name === undefined ? {} : { name: source.name }),
    ...(header.description === "" ? {} : { description: header.description }),
    ...(frames > 1 ? { frame, frames } : {}),
  };
  return new Volume({ shape, data, affine, scaling, meta, ...readMarks(header) });
}

/** A slope of 0, NaN or infinity means "not scaled", as in nibabel. */
function scalingOf({ slope, intercept }: NiftiHeader, where: string): Scaling {
  if (slope === 0 || !Number.isFinite(slope)) return { slope: 1, intercept: 0 };
  if (!Number.isFinite(intercept))
    fail("invalid-file", `scl_slope is ${slope} but scl_inter is ${intercept}`, where, "mend the header");
  return { slope, intercept };
}

function checkCapacity(have: number, need: number, header: NiftiHeader, type: Datatype, where: string): void {
  if (have >= need) return;
  const promise = `${header.dims.join("×")} ${type.name} voxels (${need} bytes)`;
  fail(
    "invalid-file",
    `truncated: its header promises ${promise}, the file can hold no more than ${have}`,
    where,
    "get the file again",
  );
}

function checkLimit(count: number, maxVoxels: number = MAX_VOXELS, where: string): void {
  assert(maxVoxels > 0, `limits.maxVoxels must be positive, got ${maxVoxels}`, "read");
  if (count > maxVoxels)
    fail(
      "limit",
      `${count} voxels, the limit is ${maxVoxels}`,
      where,
      "raise limits.maxVoxels if the file is trusted",
    );
}

function checkFrame(frame: number | undefined, frames: number, where: string): number {
  if (frame === undefined) {
    if (frames === 1) return 0;
    return fail(
      "unsupported",
      `it holds ${frames} frames, a Volume is one`,
      where,
      `pass frame: 0 to ${frames - 1}`,
    );
  }
  assert(
    Number.isInteger(frame) && frame >= 0 && frame < frames,
    `frame must be an integer from 0 to ${frames - 1}, got ${frame}`,
    where,
  );
  return frame;
}
