import type { Triple } from "./affine.ts";
import { type Connectivity, labelRuns } from "./runs.ts";

/**
 * Keeps the largest connected component of a binary image, in place.
 *
 * @param mask 0 or 1, x fastest
 * @param connectivity 26 (faces, edges, corners) or 6 (faces)
 * @returns the number of voxels kept; of components of equal size the first in memory order wins
 */
export function keepLargestComponent(mask: Uint8Array, shape: Triple, connectivity: 6 | 26 = 26): number {
  const { start, end, root, count, sizes } = measured(mask, shape, connectivity);
  let best = 0;
  for (let i = 1; i < count; i++) if (sizes[i]! > sizes[best]!) best = i;
  mask.fill(0);
  for (let i = 0; i < count; i++) if (root[i] === best) mask.fill(1, start[i], end[i]);
  return count > 0 ? sizes[best]! : 0;
}

/** Removes the components (26-neighbours) of fewer than `least` voxels from a binary image, in place. @returns how many voxels that were */
export function removeSmallComponents(mask: Uint8Array, shape: Triple, least: number): number {
  const { start, end, root, count, sizes } = measured(mask, shape, 26);
  let removed = 0;
  for (let i = 0; i < count; i++) {
    if (sizes[root[i]!]! >= least) continue;
    mask.fill(0, start[i], end[i]);
    removed += end[i]! - start[i]!;
  }
  return removed;
}

/** Components of what is 1; `sizes` holds the voxels of each at its root. */
function measured(mask: Uint8Array, shape: Triple, connectivity: Connectivity) {
  const runs = labelRuns(mask, shape, 1, connectivity);
  const sizes = new Int32Array(runs.count);
  for (let i = 0; i < runs.count; i++) sizes[runs.root[i]!]! += runs.end[i]! - runs.start[i]!;
  return { ...runs, sizes };
}

/** Fills holes (background that cannot reach the slice's edge through faces) in each axial slice, in place. */
export function fillHolesBySlice(mask: Uint8Array, shape: Triple): void {
  fill(mask, shape, 4);
}

/** Fills holes (background that cannot reach the volume's border through faces), in place. */
export function fillHoles(mask: Uint8Array, shape: Triple): void {
  fill(mask, shape, 6);
}

function fill(mask: Uint8Array, [nx, ny, nz]: Triple, connectivity: Connectivity): void {
  const { start, end, root, count } = labelRuns(mask, [nx, ny, nz], 0, connectivity);
  const open = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const r = Math.floor(start[i]! / nx);
    const [j, k] = [r % ny, Math.floor(r / ny)];
    const atSide = start[i] === r * nx || end[i] === (r + 1) * nx || j === 0 || j === ny - 1;
    if (atSide || (connectivity === 6 && (k === 0 || k === nz - 1))) open[root[i]!] = 1;
  }
  for (let i = 0; i < count; i++) if (open[root[i]!] === 0) mask.fill(1, start[i], end[i]);
}
