import type { Affine, Triple } from "../affine.ts";

/** How a target axis runs through the source: at index i of the target the source's axis `axis` is at `scale` · i + `offset`. */
export interface StraightAxis {
  readonly axis: number;
  readonly scale: number;
  readonly offset: number;
}

/** Voxels that a straight axis may stray sideways over its whole length: below what interpolation in float32 shows. */
const STRAY = 1e-5;

/**
 * The target's axes as axes of the source, when each runs along one; undefined for oblique and sheared grids.
 *
 * @param toSource target voxel to source voxel
 * @param shape of the target
 */
export function straightAxes(
  toSource: Affine,
  shape: Triple,
): readonly [StraightAxis, StraightAxis, StraightAxis] | undefined {
  const axes: StraightAxis[] = [];
  for (let d = 0; d < 3; d++) {
    const column = [toSource[d]!, toSource[4 + d]!, toSource[8 + d]!];
    const axis = column.reduce((best, v, r) => (Math.abs(v) > Math.abs(column[best]!) ? r : best), 0);
    const stray = column.some((v, r) => r !== axis && Math.abs(v) * (shape[d]! - 1) > STRAY);
    if (stray || axes.some((other) => other.axis === axis)) return undefined;
    axes.push({ axis, scale: column[axis]!, offset: toSource[4 * axis + 3]! });
  }
  return axes as unknown as readonly [StraightAxis, StraightAxis, StraightAxis];
}

/** Half a voxel beyond the outermost centres, and room for rounding: so far a source reaches. */
export const EDGE = 0.500001;

/** Where the voxels of one target axis lie on a source axis of n voxels. */
export interface AxisTable {
  /** Target indices that lie within the source's field of view: from `first` up to, not including, `last`. */
  readonly first: number;
  readonly last: number;
  /** Place on the source axis, held within 0 and n - 1. */
  readonly place: Float64Array;
}

/** @param everywhere true when the border's value goes on beyond the field of view */
export function axisTable(
  { scale, offset }: StraightAxis,
  count: number,
  n: number,
  everywhere: boolean,
): AxisTable {
  const place = new Float64Array(count);
  let first = count;
  let last = 0;
  for (let i = 0; i < count; i++) {
    const x = scale * i + offset;
    place[i] = Math.min(n - 1, Math.max(0, x));
    if (everywhere || (x >= -EDGE && x <= n - 1 + EDGE)) {
      first = Math.min(first, i);
      last = i + 1;
    }
  }
  return { first: Math.min(first, last), last, place };
}
