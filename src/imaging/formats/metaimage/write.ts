import { throwIfAborted } from "../../../base/errors/index.ts";
import { spacingOf, type Volume, type VolumeData } from "../../volume/index.ts";
import type { FormatWriteOptions } from "../format.ts";
import { pack } from "../gzip.ts";
import { marksText } from "../marks.ts";
import { LPS, placementOf } from "../placement.ts";
import { plainData } from "../plain-data.ts";
import { textFile, VOLUME_TYPES } from "../text-file.ts";
import { encodeVoxels, voxelTypeOf } from "../voxels.ts";
import { nameOfVoxelType } from "./types.ts";

/**
 * Writes a MetaImage, as ITK lays it out: one file, or for a `name` that ends in .mhd a header and .raw. `gzip` packs the voxels (with
 * zlib, the format's own packing; the file beside a .mhd is then .zraw). Default: unpacked, as ITK does. Directions of axes that
 * are not at right angles are written as they are; ITK reads them.
 */
export async function writeMetaImage(
  volume: Volume,
  options: FormatWriteOptions = {},
): Promise<Map<string, Uint8Array>> {
  const { name = "volume.mha", gzip = false, byteOrder = "little", engine, signal } = options;
  throwIfAborted(signal);
  const data = plainData(volume, { types: VOLUME_TYPES, where: name, signal });
  const plain = encodeVoxels(data, byteOrder === "little");
  const voxels = gzip ? await pack(plain, "zlib", { engine, signal }) : plain;
  const detached = /\.mhd$/i.test(name);
  const file = name.replace(/^.*[/\\]/, "").replace(/(\.mhd)?$/i, gzip ? ".zraw" : ".raw");
  const lines = [
    ...fieldsOf(volume, data, byteOrder),
    ...(gzip
      ? ["CompressedData = True", `CompressedDataSize = ${voxels.length}`]
      : ["CompressedData = False"]),
    `ElementDataFile = ${detached ? file : "LOCAL"}`,
    "",
  ];
  return textFile({ name, lines, voxels, data, ...(detached ? { detached: file } : {}) });
}

function fieldsOf(volume: Volume, data: VolumeData, byteOrder: "little" | "big"): string[] {
  const { columns, origin } = placementOf(volume.affine, LPS);
  const spacing = spacingOf(volume.affine);
  const turn = columns.map((column, c) => column.map((v) => v / spacing[c]!).join(" "));
  return [
    "ObjectType = Image",
    "NDims = 3",
    `Comment = ${marksText(volume)}`,
    "BinaryData = True",
    `BinaryDataByteOrderMSB = ${byteOrder === "big" ? "True" : "False"}`,
    `TransformMatrix = ${turn.join(" ")}`,
    `Offset = ${origin.join(" ")}`,
    "CenterOfRotation = 0 0 0",
    `ElementSpacing = ${spacing.join(" ")}`,
    `DimSize = ${volume.shape.join(" ")}`,
    `ElementType = ${nameOfVoxelType(voxelTypeOf(data))}`,
  ];
}
