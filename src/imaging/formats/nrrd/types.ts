import { brief, fieldError, type HeaderField } from "../text-header.ts";
import type { VoxelType } from "../voxels.ts";

/** All names of the format's definition. The first of each is the one written. */
const NAMES: Readonly<Record<VoxelType, readonly string[]>> = {
  int8: ["int8", "signed char", "int8_t"],
  uint8: ["uint8", "uchar", "unsigned char", "uint8_t"],
  int16: ["int16", "short", "short int", "signed short", "signed short int", "int16_t"],
  uint16: ["uint16", "ushort", "unsigned short", "unsigned short int", "uint16_t"],
  int32: ["int32", "int", "signed int", "int32_t"],
  uint32: ["uint32", "uint", "unsigned int", "uint32_t"],
  int64: [
    "int64",
    "longlong",
    "long long",
    "long long int",
    "signed long long",
    "signed long long int",
    "int64_t",
  ],
  uint64: ["uint64", "ulonglong", "unsigned long long", "unsigned long long int", "uint64_t"],
  float32: ["float"],
  float64: ["double"],
};

/** @throws MidashError `unsupported` for blocks, `invalid-file` for what NRRD does not have */
export function voxelTypeOfField(field: HeaderField, where: string): VoxelType {
  const asked = field.text.toLowerCase().replace(/\s+/g, " ");
  const found = Object.entries(NAMES).find(([, names]) => names.includes(asked));
  if (found) return found[0] as VoxelType;
  if (asked === "block") throw fieldError(field, "voxels of blocks can't be read", where, "unsupported");
  throw fieldError(field, `"${brief(field.text)}" is not one of NRRD's types`, where);
}

/** The name under which a kind of voxel is written. */
export function nameOfVoxelType(type: VoxelType): string {
  return NAMES[type][0]!;
}
