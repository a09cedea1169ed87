import { throwIfAborted } from "../../../base/errors/index.ts";
import type { Triple } from "../affine.ts";

/** Gives new numbers for `n` rows of `width`, one row after the other in memory: the sheet itself when changed in place, or as large an array. */
export type SheetWork = (sheet: Float64Array, n: number, width: number) => Float64Array;

/**
 * Runs work on every sheet of rows that follow one another along axis 1 or 2, in place and in double precision. Filters along such an axis then
 * run over whole rows, which lie together in memory, instead of over values that lie a plane apart.
 */
export function eachSheet(
  data: Float32Array,
  [nx, ny, nz]: Triple,
  axis: 1 | 2,
  work: SheetWork,
  signal?: AbortSignal,
): void {
  const n = axis === 1 ? ny : nz;
  const sheet = new Float64Array(nx * n);
  if (axis === 1) {
    for (let k = 0; k < nz; k++) {
      throwIfAborted(signal);
      const plane = data.subarray(k * nx * ny, (k + 1) * nx * ny);
      sheet.set(plane);
      plane.set(work(sheet, n, nx));
    }
    return;
  }
  for (let j = 0; j < ny; j++) {
    throwIfAborted(signal);
    for (let k = 0; k < nz; k++) {
      const from = nx * (j + ny * k);
      sheet.set(data.subarray(from, from + nx), k * nx);
    }
    const done = work(sheet, n, nx);
    for (let k = 0; k < nz; k++) data.set(done.subarray(k * nx, (k + 1) * nx), nx * (j + ny * k));
  }
}
