import { breathe } from "../../../base/errors/index.ts";
import type { Affine, Triple } from "../../volume/index.ts";
import { type Layout, straightAffine } from "./layout.ts";
import type { Stack } from "./stack.ts";
import { along } from "./vectors.ts";

/** A straight, even grid that covers all slices. */
export interface StraightGrid {
  readonly shape: Triple;
  readonly affine: Affine;
  /** Pixels by which the grid begins before the first slice's first pixel, along rows and columns. */
  readonly before: readonly [number, number];
}

/**
 * In the slices' own planes and with their pixels' size, so that nothing is lost in the plane: rows and columns are added for the
 * drift of tilted slices. Slices lie `step` apart, from the first one's height on; the last may lie up to half a step beyond.
 */
export function straightGrid(stack: Stack, layout: Layout): StraightGrid {
  const { frames, heights } = stack;
  const { size, spacing, position, row, column } = frames[0]!;
  const range = [0, 1].map((axis) => {
    const drift = layout.offsets.map((offset) => offset[axis]! / spacing[axis]!);
    return { before: Math.ceil(-Math.min(...drift) - 0.01), after: Math.ceil(Math.max(...drift) - 0.01) };
  });
  const [x, y] = range as [(typeof range)[0], (typeof range)[0]];
  const depth = Math.round((heights.at(-1)! - heights[0]!) / layout.step) + 1;
  const shape: Triple = [size[0] + x.before + x.after, size[1] + y.before + y.after, depth];
  const shifted = along(along(position, -x.before * spacing[0], row), -y.before * spacing[1], column);
  return { shape, affine: straightAffine(stack, layout.step, shifted), before: [x.before, y.before] };
}

/** Slices as numbers in the volume's unit, and which numbers stand for no value. */
export interface SliceValues {
  /** Slice by slice, rows one after the other; padding is NaN. */
  readonly values: readonly Float32Array[];
  /** Where no slice has a value. */
  readonly outside: number;
}

/**
 * Linear interpolation, first in the plane of each slice, then between the slices above and below a voxel. Padding is no value: it
 * is left out, and a voxel that is more than half padding is padding. Voxels up to half a step beyond the outer slices take theirs.
 */
export async function straighten(
  stack: Stack,
  layout: Layout,
  grid: StraightGrid,
  { values, outside }: SliceValues,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const { heights, frames } = stack;
  const { spacing, size } = frames[0]!;
  const [nx, ny, nz] = grid.shape;
  const out = new Float32Array(nx * ny * nz).fill(outside);
  const sum = new Float32Array(nx * ny);
  const weight = new Float32Array(nx * ny);
  for (let k = 0, below = 0; k < nz; k++) {
    await breathe(signal);
    const height = heights[0]! + k * layout.step;
    while (below < heights.length - 2 && heights[below + 1]! <= height) below++;
    const above = Math.min(below + 1, heights.length - 1);
    const gap = heights[above]! - heights[below]!;
    const t = gap > 0 ? Math.min(1, Math.max(0, (height - heights[below]!) / gap)) : 0;
    sum.fill(0);
    weight.fill(0);
    for (const [slice, share] of [
      [below, 1 - t],
      [above, t],
    ] as const) {
      if (share < 1e-6) continue;
      const [u, v] = layout.offsets[slice]!;
      const shift = [-u / spacing[0] - grid.before[0], -v / spacing[1] - grid.before[1]] as const;
      addSlice(values[slice]!, size, shift, share, { sum, weight, width: nx });
    }
    const plane = out.subarray(k * nx * ny, (k + 1) * nx * ny);
    for (let p = 0; p < plane.length; p++) if (weight[p]! > 0.5) plane[p] = sum[p]! / weight[p]!;
  }
  return out;
}

/** Adds `share` of one slice, moved by a fraction of a pixel, to a plane of the grid. */
function addSlice(
  slice: Float32Array,
  [width, height]: readonly [number, number],
  [dx, dy]: readonly [number, number],
  share: number,
  plane: { readonly sum: Float32Array; readonly weight: Float32Array; readonly width: number },
): void {
  const [fx, fy] = [dx - Math.floor(dx), dy - Math.floor(dy)];
  const corners = [
    [0, 0, (1 - fx) * (1 - fy)],
    [1, 0, fx * (1 - fy)],
    [0, 1, (1 - fx) * fy],
    [1, 1, fx * fy],
  ] as const;
  const rows = plane.sum.length / plane.width;
  for (const [cx, cy, part] of corners) {
    const w = share * part;
    if (w < 1e-6) continue;
    const [sx, sy] = [Math.floor(dx) + cx, Math.floor(dy) + cy]; // source pixel of the plane's pixel (0, 0)
    for (let j = Math.max(0, -sy); j < rows && j + sy < height; j++) {
      const from = (j + sy) * width + sx;
      const to = j * plane.width;
      for (let i = Math.max(0, -sx); i < plane.width && i + sx < width; i++) {
        const value = slice[from + i]!;
        if (Number.isNaN(value)) continue; // padding
        plane.sum[to + i]! += w * value;
        plane.weight[to + i]! += w;
      }
    }
  }
}
