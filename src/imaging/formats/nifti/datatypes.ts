import { fail, MidashError } from "../../../base/errors/index.ts";
import type { VoxelType } from "../voxels.ts";

/** Codes of `datatype` in nifti1.h that can be voxels of a Volume. */
const READABLE: Readonly<Record<number, VoxelType>> = {
  2: "uint8",
  4: "int16",
  8: "int32",
  16: "float32",
  64: "float64",
  256: "int8",
  512: "uint16",
  768: "uint32",
  1024: "int64",
  1280: "uint64",
};

const UNREADABLE: Readonly<Record<number, string>> = {
  1: "binary (1 bit)",
  32: "complex64",
  128: "RGB24",
  1536: "float128",
  1792: "complex128",
  2048: "complex256",
  2304: "RGBA32",
};

/** Whether a code of `datatype` means anything. */
export function isCode(code: number): boolean {
  return code in READABLE || code in UNREADABLE;
}

/** @throws MidashError `unsupported` naming the type, or `invalid-file` for a code NIfTI does not define */
export function voxelTypeOfCode(code: number, where: string, offset: number): VoxelType {
  const known = READABLE[code];
  if (known) return known;
  const name = UNREADABLE[code];
  if (name)
    fail("unsupported", `its voxels are ${name}, only real numbers of up to 64 bits can be read`, {
      where,
      hint: "convert it first, e.g. to float32 magnitude",
    });
  throw new MidashError("invalid-file", `datatype code ${code} is not one of NIfTI's`, {
    where,
    offset,
    hint: "get the file again",
  });
}

/** The code under which a kind of voxel is written. */
export function codeOfVoxelType(type: VoxelType): number {
  const found = Object.entries(READABLE).find(([, name]) => name === type);
  return Number(found![0]);
}
