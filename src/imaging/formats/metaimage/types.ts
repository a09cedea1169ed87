import { fieldError, type HeaderField } from "../text-header.ts";
import type { VoxelType } from "../voxels.ts";

/** MET_* that can be voxels of a Volume. MET_LONG has 4 bytes, as MetaIO reads it. */
const READABLE: Readonly<Record<string, VoxelType>> = {
  MET_CHAR: "int8",
  MET_UCHAR: "uint8",
  MET_SHORT: "int16",
  MET_USHORT: "uint16",
  MET_INT: "int32",
  MET_UINT: "uint32",
  MET_LONG: "int32",
  MET_ULONG: "uint32",
  MET_LONG_LONG: "int64",
  MET_ULONG_LONG: "uint64",
  MET_FLOAT: "float32",
  MET_DOUBLE: "float64",
};

/** @throws MidashError `unsupported` naming the type, or `invalid-file` for one MetaImage does not have */
export function voxelTypeOfField(field: HeaderField, where: string): VoxelType {
  const known = READABLE[field.text.toUpperCase()];
  if (known) return known;
  if (/^MET_(\w+_(ARRAY|MATRIX)|STRING|ASCII_CHAR|OTHER)$/i.test(field.text))
    throw fieldError(
      field,
      `${field.text} voxels, only single real numbers can be read`,
      where,
      "unsupported",
    );
  throw fieldError(field, `"${field.text.slice(0, 40)}" is not one of MetaImage's types`, where);
}

/** The name under which a kind of voxel is written. */
export function nameOfVoxelType(type: VoxelType): string {
  return Object.entries(READABLE).find(([, known]) => known === type)![0];
}
