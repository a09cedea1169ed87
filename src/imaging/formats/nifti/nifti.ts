import { product } from "../../../base/bytes/index.ts";
import { fail, throwIfAborted } from "../../../base/errors/index.ts";
import { mapTriple, type Scaling, Volume } from "../../volume/index.ts";
import type { FormatReadOptions, Source, VolumeFormat } from "../format.ts";
import { checkFrame, checkShape } from "../guards.ts";
import { quantityIn } from "../marks.ts";
import { SourceBytes } from "../source-bytes.ts";
import { decodeVoxels, sizeOf } from "../voxels.ts";
import { affineMethod, niftiAffine } from "./affine.ts";
import { voxelTypeOfCode } from "./datatypes.ts";
import { readExtensions } from "./extensions.ts";
import { NIFTI_HEAD, type NiftiHeader, parseNiftiHeader, sniffNifti } from "./header.ts";
import { readMarks } from "./marks.ts";
import { imageOf } from "./pair.ts";
import { writeNifti } from "./write.ts";

/**
 * NIfTI-1 and NIfTI-2, either byte order: one file (.nii, .nii.gz) or a pair (.hdr and .img, each gzipped or not). Voxels keep their
 * type (8 to 32 bit integers, float32, float64) and scl_slope and scl_inter become `Volume.scaling`; 64-bit
 * integers become float64 where that is exact; complex numbers and colours are refused by name. The affine is the sform, else the
 * qform, else voxel sizes, as in nibabel. The unit is "unknown" unless this library wrote the file. `meta` holds `format`,
 * `name`, `description`, `affineFrom`, and the header's `extensions` (see {@link NiftiExtension}), which are written again.
 *
 * Analyze 7.5 is refused: it does not say which side is left.
 *
 * Checksums of .nii.gz are verified except when a `frame` before the last is read, where reading stops early.
 */
export const nifti: VolumeFormat = {
  name: "nifti",
  extensions: [".nii", ".nii.gz", ".hdr", ".hdr.gz"],
  sniff: (head) => sniffNifti(head) !== undefined,
  read: readNifti,
  write: writeNifti,
};

async function readNifti(source: Source, options: FormatReadOptions = {}): Promise<Volume> {
  const { name: where = "NIfTI data" } = source;
  const { signal } = options;
  throwIfAborted(signal);
  const main = new SourceBytes(source, where, options);
  const header = await parseNiftiHeader(await main.head(NIFTI_HEAD), where);
  const type = voxelTypeOfCode(header.datatype, where, header.version === 1 ? 70 : 12);
  const scaling = scalingOf(header, where);
  const affine = niftiAffine(header, where);
  const shape = mapTriple([0, 1, 2], (d) => header.dims[d] ?? 1);
  const count = checkShape(header.dims, where);
  const size = sizeOf(type);
  const frames = product(header.dims.slice(3));
  const frame = checkFrame(options.frame, frames, where);

  const start = header.offset + frame * count * size;
  const end = start + count * size;
  const all = header.offset + count * frames * size;
  const promise = `${header.dims.join("×")} ${type} voxels`;
  const voxels = header.pair ? await imageOf(source, where, options) : { source: main, where };
  const file = await voxels.source.upTo(end, { all, promise, voxels: count });
  const extensions = await readExtensions(header, header.pair ? main : file.bytes);
  const data = decodeVoxels(file.bytes, {
    type,
    littleEndian: header.littleEndian,
    start,
    count,
    owned: file.owned,
    where: voxels.where,
    signal,
  });
  const meta = {
    format: `NIfTI-${header.version}`,
    affineFrom: affineMethod(header),
    ...(source.name === undefined ? {} : { name: source.name }),
    ...(header.description === "" ? {} : { description: header.description }),
    ...quantityIn(header.description),
    ...(extensions.length === 0 ? {} : { extensions }),
    ...(frames > 1 ? { frame, frames } : {}),
  };
  return new Volume({ shape, data, affine, scaling, meta, ...readMarks(header) });
}

/** A slope of 0, NaN or infinity means "not scaled", as in nibabel. */
function scalingOf({ slope, intercept }: NiftiHeader, where: string): Scaling {
  if (slope === 0 || !Number.isFinite(slope)) return { slope: 1, intercept: 0 };
  if (!Number.isFinite(intercept))
    fail("invalid-file", `scl_slope is ${slope} but scl_inter is ${intercept}`, {
      where,
      hint: "fix the header",
    });
  return { slope, intercept };
}
