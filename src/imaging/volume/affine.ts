import { assert, MidashError, type Where } from "../../base/errors/index.ts";

/**
 * A 4×4 matrix, row-major, 16 numbers, that maps voxel (i, j, k, 1) to RAS+ millimetres, as nibabel's `img.affine`
 * does: x grows to the Right, y to the Anterior, z to the Superior. The last row is 0 0 0 1.
 */
export type Affine = readonly number[];

/** Three numbers: a point, a size in voxels, or a spacing in mm. */
export type Triple = readonly [number, number, number];

/** The whole number of voxels that is nearest to so many mm. Halves go down, also where a voxel's size is off by its seventh digit. */
export function voxelsIn(mm: number, spacing: number): number {
  return Math.round(mm / spacing - 1e-4);
}

/** As `Array.map`, and the result is known to have three values too. */
export function mapTriple<T>(
  [x, y, z]: readonly [T, T, T],
  make: (value: T, axis: number) => number,
): [number, number, number] {
  return [make(x, 0), make(y, 1), make(z, 2)];
}

/** Checks that `affine` is 16 finite numbers with last row 0 0 0 1 and can be inverted. */
export function assertAffine(affine: Affine, where: Where): void {
  assert(affine.length === 16 && affine.every(Number.isFinite), "an affine is 16 finite numbers", { where });
  assert(affine.slice(12).join() === "0,0,0,1", "the last row of an affine is 0 0 0 1", { where });
  assert(determinant(affine) !== 0, "the affine is singular", { where });
}

/** Axis-aligned affine (R, A, S) with `spacing` in mm per voxel and the centre of voxel (0, 0, 0) at `origin` in mm. */
export function affineFromSpacing(spacing: Triple, origin: Triple = [0, 0, 0]): Affine {
  const [sx, sy, sz] = spacing;
  const [ox, oy, oz] = origin;
  return [sx, 0, 0, ox, 0, sy, 0, oy, 0, 0, sz, oz, 0, 0, 0, 1];
}

/** Voxel size in mm along i, j, k: the lengths of the affine's columns. */
export function spacingOf(affine: Affine): Triple {
  const length = (c: number) => Math.hypot(affine[c]!, affine[4 + c]!, affine[8 + c]!);
  return [length(0), length(1), length(2)];
}

/** a · b: first b, then a. */
export function multiplyAffines(a: Affine, b: Affine): Affine {
  const out = new Array<number>(16).fill(0);
  for (let r = 0; r < 4; r++)
    for (let c = 0; c < 4; c++) for (let k = 0; k < 4; k++) out[4 * r + c]! += a[4 * r + k]! * b[4 * k + c]!;
  return out;
}

/** The inverse: from millimetres back to voxels. */
export function invertAffine(affine: Affine): Affine {
  const det = determinant(affine);
  if (det === 0)
    throw new MidashError("invalid-argument", "the affine is singular", { where: { call: "invertAffine" } });
  const [a, b, c, tx, d, e, f, ty, g, h, i, tz] = affine as readonly number[] & { length: 16 };
  const m = [
    (e! * i! - f! * h!) / det,
    (c! * h! - b! * i!) / det,
    (b! * f! - c! * e!) / det,
    (f! * g! - d! * i!) / det,
    (a! * i! - c! * g!) / det,
    (c! * d! - a! * f!) / det,
    (d! * h! - e! * g!) / det,
    (b! * g! - a! * h!) / det,
    (a! * e! - b! * d!) / det,
  ];
  const row = (r: number) => {
    const [p, q, s] = [m[3 * r]!, m[3 * r + 1]!, m[3 * r + 2]!];
    return [p, q, s, -(p * tx! + q * ty! + s * tz!)];
  };
  return [...row(0), ...row(1), ...row(2), 0, 0, 0, 1];
}

/** Applies `affine` to the point (x, y, z). */
export function applyAffine(affine: Affine, [x, y, z]: Triple): Triple {
  const row = (r: number) =>
    affine[4 * r]! * x + affine[4 * r + 1]! * y + affine[4 * r + 2]! * z + affine[4 * r + 3]!;
  return [row(0), row(1), row(2)];
}

/** The affine of the same space after voxel (0, 0, 0) moved to voxel `start` (crop: positive, pad: negative). */
export function shiftAffine(affine: Affine, start: Triple): Affine {
  const origin = applyAffine(affine, start);
  const out = [...affine];
  out[3] = origin[0];
  out[7] = origin[1];
  out[11] = origin[2];
  return out;
}

/** Of the part that turns and stretches: a voxel's mm³, negative where the axes are left-handed. */
export function determinant(m: Affine): number {
  return (
    m[0]! * (m[5]! * m[10]! - m[6]! * m[9]!) -
    m[1]! * (m[4]! * m[10]! - m[6]! * m[8]!) +
    m[2]! * (m[4]! * m[9]! - m[5]! * m[8]!)
  );
}
