import { MidashError } from "../../base/errors/index.ts";
import { type Affine, invertAffine, type Triple } from "../volume/index.ts";

/** Where a voxel grid lies: its axes' steps in mm and the centre of its first voxel. */
export interface Placement {
  readonly columns: readonly [Triple, Triple, Triple];
  readonly origin: Triple;
}

/** The affine of a placement whose world axes point as `signs` say: RAS is [1, 1, 1], LPS [-1, -1, 1]. */
export function affineOf({ columns, origin }: Placement, signs: Triple): Affine {
  const row = (r: 0 | 1 | 2) => [...columns, origin].map((column) => signs[r] * column[r] + 0); // no -0
  return [...row(0), ...row(1), ...row(2), 0, 0, 0, 1];
}

/** The placement of an affine in a world whose axes point as `signs` say. */
export function placementOf(affine: Affine, signs: Triple): Placement {
  const column = (c: number): Triple => [
    signs[0] * affine[c]! + 0,
    signs[1] * affine[4 + c]! + 0,
    signs[2] * affine[8 + c]! + 0,
  ];
  return { columns: [column(0), column(1), column(2)], origin: column(3) };
}

/** Left, posterior, superior: the world of DICOM and ITK. */
export const LPS: Triple = [-1, -1, 1];

/**
 * That a header's affine can be used.
 *
 * @param what "its sform", for the message
 * @throws MidashError `invalid-file` when it is singular or not finite
 */
export function checkAffine(affine: Affine, what: string, where: string): Affine {
  if (isInvertible(affine)) return affine;
  throw new MidashError("invalid-file", `${what} is not an invertible affine`, {
    where,
    hint: "fix the header or convert it again",
  });
}

function isInvertible(affine: Affine): boolean {
  if (!affine.every(Number.isFinite)) return false;
  try {
    return invertAffine(affine).every(Number.isFinite);
  } catch {
    return false;
  }
}
