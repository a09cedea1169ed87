import { throwIfAborted } from "../../../base/errors/index.ts";
import { spacingOf, type Volume } from "../../volume/index.ts";
import type { FormatWriteOptions } from "../format.ts";
import { allocate, gzip } from "../gzip.ts";
import { plainData } from "../plain-data.ts";
import { encodeVoxels, voxelTypeOf } from "../voxels.ts";
import { footerOf } from "./footer.ts";
import { codeOfVoxelType, MGH_HEAD } from "./header.ts";

/** All programs read these; uint16 is known to FreeSurfer 7 only, so it is written as int32. */
const TYPES = ["uint8", "int16", "int32", "float32"] as const;

/**
 * Writes MGH, gzipped for a `name` that ends in .mgz. Voxels of types that MGH lacks are written as one that holds them exactly,
 * or refused. The affine is float32.
 *
 * @throws MidashError `unsupported` for values that need float64 or uint32; `aborted`
 */
export async function writeMgh(
  volume: Volume,
  options: FormatWriteOptions = {},
): Promise<Map<string, Uint8Array>> {
  const { name = options.gzip ? "volume.mgz" : "volume.mgh", engine, signal } = options;
  throwIfAborted(signal);
  const data = plainData(volume, { types: TYPES, where: name, signal });
  const voxels = encodeVoxels(data, false);
  const footer = footerOf(volume);
  const bytes = allocate(MGH_HEAD + voxels.length + footer.length, name);
  putHeader(new DataView(bytes.buffer), volume, codeOfVoxelType(voxelTypeOf(data)));
  bytes.set(voxels, MGH_HEAD);
  bytes.set(footer, MGH_HEAD + voxels.length);
  const zip = options.gzip ?? /\.(mgz|gz)$/i.test(name);
  return new Map([[name, zip ? await gzip(bytes, { engine, signal }) : bytes]]);
}

function putHeader(view: DataView, { affine, shape }: Volume, type: number): void {
  const spacing = spacingOf(affine);
  const int32 = [1, ...shape, 1, type, 0];
  const directions = [0, 1, 2].flatMap((c) => [0, 1, 2].map((r) => affine[4 * r + c]! / spacing[c]!));
  const centre = [0, 1, 2].map(
    (r) => affine[4 * r + 3]! + shape.reduce((sum, n, c) => sum + (affine[4 * r + c]! * n) / 2, 0),
  );
  for (const [i, v] of int32.entries()) view.setInt32(4 * i, v);
  view.setInt16(28, 1);
  for (const [i, v] of [...spacing, ...directions, ...centre].entries()) view.setFloat32(30 + 4 * i, v);
}
