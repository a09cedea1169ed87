import { breathe } from "../../base/errors/index.ts";
import type { Triple } from "../volume/index.ts";

/**
 * Sets every connected part (26-neighbours of one label) of fewer than `least` voxels to 0, in place.
 *
 * @param labels x fastest; 0 belongs to no part
 * @returns how many voxels of each label were set to 0
 */
export async function removeSmallParts(
  labels: Uint8Array,
  [nx, ny, nz]: Triple,
  least: number,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const removed = new Float64Array(256);
  const seen = new Uint8Array(labels.length);
  let members = new Int32Array(4096);
  let sinceBreath = 0;
  for (let seed = 0; seed < labels.length; seed++) {
    const label = labels[seed]!;
    if (label === 0 || seen[seed]) continue;
    let size = 1;
    members[0] = seed;
    seen[seed] = 1;
    for (let at = 0; at < size; at++) {
      if (++sinceBreath === 500_000) {
        sinceBreath = 0;
        await breathe(signal);
      }
      const index = members[at]!;
      const x = index % nx;
      const y = Math.floor(index / nx) % ny;
      const z = Math.floor(index / (nx * ny));
      if (size + 26 > members.length) {
        const longer = new Int32Array(2 * members.length);
        longer.set(members);
        members = longer;
      }
      for (let w = Math.max(0, z - 1); w <= z + 1 && w < nz; w++)
        for (let v = Math.max(0, y - 1); v <= y + 1 && v < ny; v++)
          for (let u = Math.max(0, x - 1); u <= x + 1 && u < nx; u++) {
            const next = u + nx * (v + ny * w);
            if (seen[next] || labels[next] !== label) continue;
            seen[next] = 1;
            members[size++] = next;
          }
    }
    if (size >= least) continue;
    removed[label]! += size;
    for (let n = 0; n < size; n++) labels[members[n]!] = 0;
  }
  return removed;
}
