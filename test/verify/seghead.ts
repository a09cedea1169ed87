// FreeSurfer's mask of a head (`mri_seghead`, as `mkheadsurf` calls it), which the reference of `mne_t1` is: what it counts as head, and what it leaves out.
import type { Triple, Volume } from "../../src/imaging/volume/index.ts";

/** Brighter than this, of 255, is head. */
const BRIGHT = 20;
/** So many bright voxels in a row begin a head. */
const IN_A_ROW = 2;

/**
 * The head by the rule of `mri_seghead --thresh 20 --nhitsmin 2`: along each line of voxels, from either side, head begins behind the first two bright ones in a row, and a voxel is head if it is along
 * all three axes. So it leaves out two voxels of skin.
 *
 * @param t1 FreeSurfer's, of 0 to 255
 * @param givenBack how many of those two voxels count as head all the same
 */
export function segHead(t1: Volume, givenBack: 0 | 1 | 2): Uint8Array {
  const values = t1.values();
  const agreed = new Uint8Array(values.length);
  const strides = [1, t1.shape[0], t1.shape[0] * t1.shape[1]] as const;
  for (const axis of [0, 1, 2] as const) {
    const [n, stride] = [t1.shape[axis], strides[axis]];
    for (const start of starts(t1.shape, axis)) {
      const bright = (i: number) => values[start + i * stride]! > BRIGHT;
      const first = begins(n, bright) - givenBack;
      const last = n - 1 - (begins(n, (i) => bright(n - 1 - i)) - givenBack);
      for (let i = first; i <= last; i++) agreed[start + i * stride]!++;
    }
  }
  return agreed.map((axes) => (axes === 3 ? 1 : 0));
}

/** Where the first row of bright voxels has ended; the line's end where there is none. */
function begins(n: number, bright: (i: number) => boolean): number {
  for (let i = 0, hits = 0; i < n; i++) {
    hits = bright(i) ? hits + 1 : 0;
    if (hits === IN_A_ROW) return i + 1;
  }
  return 2 * n; // beyond any line
}

/** The first voxel of each line along an axis. */
function* starts([nx, ny, nz]: Triple, axis: 0 | 1 | 2): Generator<number> {
  for (let k = 0; k < (axis === 2 ? 1 : nz); k++)
    for (let j = 0; j < (axis === 1 ? 1 : ny); j++)
      for (let i = 0; i < (axis === 0 ? 1 : nx); i++) yield i + nx * (j + ny * k);
}
