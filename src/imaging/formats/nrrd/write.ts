import { throwIfAborted } from "../../../base/errors/index.ts";
import type { Triple, Volume, VolumeData } from "../../volume/index.ts";
import type { FormatWriteOptions } from "../format.ts";
import { pack } from "../gzip.ts";
import { marksText } from "../marks.ts";
import { LPS, placementOf } from "../placement.ts";
import { plainData } from "../plain-data.ts";
import { textFile, VOLUME_TYPES } from "../text-file.ts";
import { encodeVoxels, sizeOf, voxelTypeOf } from "../voxels.ts";
import { escapeText } from "./header.ts";
import { nameOfVoxelType } from "./types.ts";

/**
 * Writes a NRRD in LPS, as 3D Slicer and ITK do: one file, or for a `name` that ends in .nhdr a header and .raw.gz or .raw. `gzip` is the
 * encoding; default true. The affine is written with all its digits.
 */
export async function writeNrrd(
  volume: Volume,
  options: FormatWriteOptions = {},
): Promise<Map<string, Uint8Array>> {
  const { name = "volume.nrrd", gzip = true, byteOrder = "little", engine, signal } = options;
  throwIfAborted(signal);
  const data = plainData(volume, { types: VOLUME_TYPES, where: name, signal });
  const plain = encodeVoxels(data, byteOrder === "little");
  const voxels = gzip ? await pack(plain, "gzip", { engine, signal }) : plain;
  const detached = /\.nhdr$/i.test(name);
  const file = name.replace(/^.*[/\\]/, "").replace(/(\.nhdr)?$/i, gzip ? ".raw.gz" : ".raw");
  const lines = [
    "NRRD0005",
    ...fieldsOf(volume, data, byteOrder),
    `encoding: ${gzip ? "gzip" : "raw"}`,
    ...pairsOf(volume),
    detached ? `data file: ${file}` : "",
    "",
  ];
  return textFile({ name, lines, voxels, data, ...(detached ? { detached: file } : {}) });
}

function fieldsOf(volume: Volume, data: VolumeData, byteOrder: "little" | "big"): string[] {
  const { columns, origin } = placementOf(volume.affine, LPS);
  const vector = (v: Triple) => `(${v.join(",")})`;
  const type = voxelTypeOf(data);
  return [
    `type: ${nameOfVoxelType(type)}`,
    "dimension: 3",
    "space: left-posterior-superior",
    `sizes: ${volume.shape.join(" ")}`,
    `space directions: ${columns.map(vector).join(" ")}`,
    "kinds: domain domain domain",
    ...(sizeOf(type) > 1 ? [`endian: ${byteOrder}`] : []),
    `space origin: ${vector(origin)}`,
  ];
}

/** The pairs that were read, and our marks. `meta` may hold anything: what is no pair of texts is left out. */
function pairsOf(volume: Volume): string[] {
  const { keyValues } = volume.meta;
  const kept = Object.entries(typeof keyValues === "object" && keyValues !== null ? keyValues : {}).filter(
    (entry): entry is [string, string] =>
      typeof entry[1] === "string" && entry[0] !== "midash" && /^[^#:=\s][^:=]*$/.test(entry[0]),
  );
  const marks = marksText(volume).replace(/^midash;? ?/, "");
  const pairs = marks === "" ? kept : [...kept, ["midash", marks] as const];
  return pairs.map(([key, value]) => `${escapeText(key)}:=${escapeText(value)}`);
}
