import { assert } from "../../base/errors/index.ts";
import { type Affine, mapTriple, multiplyAffines, spacingOf, type Triple } from "./affine.ts";
import type { Grid } from "./grid.ts";
import { moveAxes } from "./sampling/move-axes.ts";
import type { Volume } from "./volume.ts";

const AXES = ["LR", "PA", "IS"] as const; // negative and positive end of world x, y, z

/** The world axis (0 R, 1 A, 2 S) that each voxel axis runs along most, and its direction. */
interface AxisMap {
  readonly world: Triple;
  readonly sign: Triple;
}

/** Anatomical codes of the voxel axes, e.g. `"RAS"` or `"LPI"`, as nibabel's `aff2axcodes`. Oblique grids get the nearest. */
export function orientationOf(affine: Affine): string {
  const { world, sign } = axisMap(affine);
  return world.map((axis, d) => AXES[axis as 0]![sign[d]! > 0 ? 1 : 0]).join("");
}

/** The largest angle, in degrees, between a voxel axis and the world axis that it runs along most. Sheared grids have one too. */
export function obliquityOf(affine: Affine): number {
  const angles = axisMap(affine).world.map((axis, d) => {
    // By the tangent: the cosine of small angles has lost them to rounding.
    const across = Math.hypot(...[0, 1, 2].filter((r) => r !== axis).map((r) => affine[4 * r + d]!));
    return Math.atan2(across, Math.abs(affine[4 * axis + d]!));
  });
  return (Math.max(...angles) * 180) / Math.PI;
}

/** An axis of the world: x runs to the right, y to the front, z to the head. */
export type WorldAxis = "x" | "y" | "z";

/**
 * The image mirrored along the voxel axis that runs along a world axis most, on the same grid: values move, the affine stays. Done
 * twice it gives the volume again.
 */
export function mirrored(volume: Volume, axis: WorldAxis): Volume {
  const ends = AXES["xyz".indexOf(axis)]!;
  const opposite = (letter: string) => (ends.includes(letter) ? ends[1 - ends.indexOf(letter)] : letter);
  const code = [...orientationOf(volume.affine)].map(opposite).join("");
  return reorient(volume, code).with({ affine: volume.affine });
}

/**
 * Permutes and flips voxel axes so that they run along `to`; values are moved, never interpolated, and the world
 * position of each value stays.
 *
 * @param to three letters, one of L/R, one of P/A, one of I/S. Default `"RAS"`: i to the right, j forward, k up.
 */
export function reorient(volume: Volume, to = "RAS"): Volume {
  const { from, flip, moved, grid } = turning(volume, to);
  if (!moved) return volume;
  const data = moveAxes(volume.data, volume.shape, from, flip);
  return volume.with({ ...grid, data, scaling: volume.scaling });
}

/** The grid that {@link reorient} gives. */
export function orientedGrid(grid: Grid, to = "RAS"): Grid {
  return turning(grid, to).grid;
}

/**
 * How to walk a volume's data along R, A and S without moving a value: voxels along each, the step from one to the next in the data, and where voxel (0, 0, 0) of
 * the grid lies that {@link reorient} gives.
 */
export function rasWalk(given: Grid): {
  readonly shape: Triple;
  readonly step: Triple;
  readonly start: number;
} {
  const { from, flip, grid } = turning(given, "RAS");
  const strides = [1, given.shape[0], given.shape[0] * given.shape[1]];
  const step = mapTriple(from, (old, d) => (flip[d] ? -strides[old]! : strides[old]!));
  const start = step.reduce((sum, size, d) => sum - Math.min(0, size) * (grid.shape[d]! - 1), 0);
  return { shape: grid.shape, step, start };
}

/** For each new axis which old axis feeds it and whether it is flipped, and the grid that comes of it. */
function turning(given: Grid, to: string) {
  const target = parseOrientation(to);
  const source = axisMap(given.affine);
  const from = mapTriple(target.world, (axis) => source.world.indexOf(axis));
  const flip = from.map((old, d) => source.sign[old]! !== target.sign[d]!) as [boolean, boolean, boolean];
  if (from.every((old, d) => old === d && !flip[d])) return { from, flip, moved: false, grid: given };
  const shape = mapTriple(from, (old) => given.shape[old]!);
  // New voxel -> old voxel, then old voxel -> world.
  const toOld = new Array<number>(16).fill(0);
  for (let d = 0; d < 3; d++) {
    toOld[4 * from[d]! + d] = flip[d] ? -1 : 1;
    if (flip[d]) toOld[4 * from[d]! + 3] = shape[d]! - 1;
  }
  toOld[15] = 1;
  return { from, flip, moved: true, grid: { shape, affine: multiplyAffines(given.affine, toOld) } };
}

function axisMap(affine: Affine): AxisMap {
  // Greedy by largest cosine, so that oblique and sheared affines still get three different axes.
  const spacing = spacingOf(affine);
  const world: [number, number, number] = [-1, -1, -1];
  const sign: [number, number, number] = [1, 1, 1];
  const cosine = (axis: number, d: number) => affine[4 * axis + d]! / spacing[d]!;
  for (let n = 0; n < 3; n++) {
    let best = -1;
    let pick = [0, 0];
    for (let d = 0; d < 3; d++)
      for (let axis = 0; axis < 3; axis++)
        if (world[d] === -1 && !world.includes(axis) && Math.abs(cosine(axis, d)) > best) {
          best = Math.abs(cosine(axis, d));
          pick = [d, axis];
        }
    const [d, axis] = pick as [number, number];
    world[d] = axis;
    sign[d] = cosine(axis, d) < 0 ? -1 : 1;
  }
  return { world, sign };
}

function parseOrientation(codes: string): AxisMap {
  const letters = [...codes.toUpperCase()];
  const world = letters.map((c) => AXES.findIndex((pair) => pair.includes(c)));
  assert(
    letters.length === 3 && new Set(world).size === 3 && !world.includes(-1),
    `"${codes}" is no orientation: one letter each of L/R, P/A and I/S, such as "RAS"`,
    { where: { call: "reorient" } },
  );
  const sign = letters.map((c, d) => (AXES[world[d]!]![1] === c ? 1 : -1));
  return { world: world as unknown as Triple, sign: sign as unknown as Triple };
}
