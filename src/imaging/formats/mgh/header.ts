import { MidashError } from "../../../base/errors/index.ts";
import { type Affine, mapTriple, type Triple } from "../../volume/index.ts";
import { affineOf, checkAffine } from "../placement.ts";
import type { VoxelType } from "../voxels.ts";

/** Byte offset of the voxels from the start of the file. */
export const MGH_HEAD = 284;
/** Bytes of the header that mean something; the rest is kept free. */
const USED = 90;

/** A FreeSurfer header. All numbers are big-endian. */
export interface MghHeader {
  /** width, height, depth, frames. */
  readonly sizes: readonly [number, number, number, number];
  readonly type: VoxelType;
  /** Voxel to RAS+ mm ("scanner anatomical"). */
  readonly affine: Affine;
  /** The header states where the grid lies; without, it is FreeSurfer's default: coronal slices of 1 mm, centred. */
  readonly goodRas: boolean;
}

const TYPES: Readonly<Record<number, VoxelType>> = {
  0: "uint8",
  1: "int32",
  3: "float32",
  4: "int16",
  10: "uint16",
};
const UNREADABLE: Readonly<Record<number, string>> = {
  2: "LONG",
  5: "BITMAP",
  6: "TENSOR",
  7: "FLOAT_COMPLEX",
};

/** Most voxels along an axis that are taken for a volume's; surfaces' data have one axis of some 10^5. */
const MOST = 2 ** 24;

/**
 * MGH has no mark. Version 1, four plausible sizes, a type that exists, a flag that is 0 or 1, and voxel sizes that are not 0 say as much as
 * one: fewer than 1 in 10^30 random heads has them.
 */
export function sniffMgh(head: Uint8Array): boolean {
  if (head.length < USED) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (view.getInt32(0) !== 1) return false;
  for (let d = 0; d < 4; d++) {
    const n = view.getInt32(4 + 4 * d);
    if (n < 1 || n > MOST) return false;
  }
  const [type, good] = [view.getInt32(20), view.getInt16(28)];
  if (!(type in TYPES) && !(type in UNREADABLE)) return false;
  if (good === 0) return true;
  if (good !== 1) return false;
  return [0, 1, 2].every((d) => {
    const length = Math.hypot(...floats(view, 42 + 12 * d, 3));
    return Math.abs(view.getFloat32(30 + 4 * d)) > 0 && length > 0 && length < 1000;
  });
}

/** @throws MidashError `invalid-file`, or `unsupported` naming the type of voxel */
export function parseMghHeader(head: Uint8Array, where: string): MghHeader {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length < MGH_HEAD)
    throw new MidashError(
      "invalid-file",
      `truncated inside the header: ${head.length} of ${MGH_HEAD} bytes`,
      {
        where,
        offset: head.length,
        hint: "get the file again",
      },
    );
  if (!sniffMgh(head))
    throw new MidashError("invalid-file", "not a MGH file: its header does not hold together", {
      where,
      hint: "check that this is the right file",
    });
  const sizes = [0, 1, 2, 3].map((d) => view.getInt32(4 + 4 * d)) as unknown as MghHeader["sizes"];
  const code = view.getInt32(20);
  const type = TYPES[code];
  if (!type)
    throw new MidashError("unsupported", `its voxels are ${UNREADABLE[code]}, which can't be read`, {
      where,
      offset: 20,
      hint: "convert it first, e.g. to float32",
    });
  const goodRas = view.getInt16(28) === 1;
  return { sizes, type, goodRas, affine: affineOfView(view, sizes, goodRas, where) };
}

/** nibabel's `get_affine`: Mdc and delta, and the centre of the grid, which is voxel size / 2, at Pxyz_c. */
function affineOfView(view: DataView, sizes: readonly number[], goodRas: boolean, where: string): Affine {
  const delta = goodRas ? floats(view, 30, 3) : [1, 1, 1];
  const directions = goodRas ? floats(view, 42, 9) : [-1, 0, 0, 0, 0, -1, 0, 1, 0];
  const centre = goodRas ? floats(view, 78, 3) : [0, 0, 0];
  const column = (c: number): Triple => mapTriple([0, 1, 2], (r) => directions[3 * c + r]! * delta[c]!);
  const columns = [column(0), column(1), column(2)] as const;
  const origin = mapTriple(
    [0, 1, 2],
    (r) => centre[r]! - columns.reduce((sum, col, c) => sum + (col[r]! * sizes[c]!) / 2, 0),
  );
  return checkAffine(affineOf({ columns, origin }, [1, 1, 1]), "its Mdc with delta", where);
}

/** The code under which a kind of voxel is written. */
export function codeOfVoxelType(type: VoxelType): number {
  return Number(Object.entries(TYPES).find(([, known]) => known === type)![0]);
}

function floats(view: DataView, at: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => view.getFloat32(at + 4 * i));
}
