import type { Triple } from "./affine.ts";
import { findRuns, type Runs } from "./runs.ts";

/** A row of a structuring element: at (dy, dz) from the centre it reaches `half` voxels to both sides. */
interface ElementRow {
  readonly dy: number;
  readonly dz: number;
  readonly half: number;
}

/** What {@link dilate} grows by. */
export interface ElementOptions {
  /**
   * The ellipsoid ends this far beyond its outermost voxels' centres. Default 0: a voxel belongs to it when its centre does. 0.5 is
   * ITK's `FlatStructuringElement::Ball`, whose axes are 2 · radius + 1 long.
   */
  readonly beyond?: number;
}

/**
 * Grows a binary mask (0 and 1) in place by an ellipsoid of the given radii in voxels, whole or not (0 leaves that axis alone). Each row is put together of the runs
 * of the rows around it, drawn out by the ellipsoid's width there: two marks a run, and one sweep over the row.
 */
export function dilate(mask: Uint8Array, shape: Triple, radii: Triple, options: ElementOptions = {}): void {
  const [nx, ny, nz] = shape;
  const rows = ellipsoid(radii, options.beyond ?? 0);
  const runs = findRuns(mask, shape, 1);
  const marks = new Int32Array(nx + 1); // how many more runs begin than end at x
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      marks.fill(0);
      let any = false;
      for (let e = 0; e < rows.length; e++) {
        const { dy, dz, half } = rows[e]!;
        const y = j + dy;
        const z = k + dz;
        if (y < 0 || z < 0 || y >= ny || z >= nz) continue;
        any = markRow(marks, runs, y + ny * z, half, nx) || any;
      }
      if (any) sweep(mask, nx * (j + ny * k), marks, nx);
    }
}

function markRow(marks: Int32Array, { start, end, row }: Runs, r: number, half: number, nx: number): boolean {
  const first = row[r]!;
  const last = row[r + 1]!;
  const from = r * nx;
  for (let i = first; i < last; i++) {
    marks[Math.max(0, start[i]! - from - half)]!++;
    marks[Math.min(nx, end[i]! - from + half)]!--;
  }
  return last > first;
}

function sweep(mask: Uint8Array, at: number, marks: Int32Array, nx: number): void {
  let open = 0;
  for (let x = 0; x < nx; x++) {
    open += marks[x]!;
    mask[at + x] = open > 0 ? 1 : 0;
  }
}

/** Shrinks a binary mask in place by an ellipsoid of the given radii in voxels; the volume's border does not eat into it. */
export function erode(mask: Uint8Array, shape: Triple, radii: Triple, options: ElementOptions = {}): void {
  invert(mask);
  dilate(mask, shape, radii, options);
  invert(mask);
}

/** A voxel that lies so little outside belongs to an ellipsoid, too: radii of mm over voxel sizes are whole numbers but for rounding. */
const TIE = 1e-4;

function ellipsoid([rx, ry, rz]: Triple, beyond: number): ElementRow[] {
  const rows: ElementRow[] = [];
  const [across, up] = [Math.floor(ry + TIE), Math.floor(rz + TIE)];
  for (let dz = -up; dz <= up; dz++)
    for (let dy = -across; dy <= across; dy++) {
      const rest = ratio(dy, ry, beyond) + ratio(dz, rz, beyond);
      let half = -1;
      while (half + 1 <= rx + TIE && ratio(half + 1, rx, beyond) + rest <= 1 + TIE) half++;
      if (half >= 0) rows.push({ dy, dz, half });
    }
  return rows;
}

function ratio(x: number, r: number, beyond: number): number {
  return r === 0 ? 0 : (x / (r + beyond)) ** 2;
}

function invert(mask: Uint8Array): void {
  for (let i = 0; i < mask.length; i++) mask[i] = mask[i] ? 0 : 1;
}
