import type { Triple } from "./affine.ts";

/**
 * Keeps the largest connected component of a binary image, in place.
 *
 * @param mask 0 or 1, x fastest
 * @param connectivity 26 (faces, edges, corners) or 6 (faces)
 * @returns the number of voxels kept; of components of equal size the first in memory order wins
 */
export function keepLargestComponent(mask: Uint8Array, shape: Triple, connectivity: 6 | 26 = 26): number {
  const [nx, ny, nz] = shape;
  const labels = new Int32Array(mask.length);
  const stack = new Int32Array(mask.length);
  const offsets = neighbours(connectivity);
  let best = 0;
  let bestSize = 0;
  let label = 0;
  for (let seed = 0; seed < mask.length; seed++) {
    if (!mask[seed] || labels[seed]) continue;
    label++;
    let top = 0;
    let size = 0;
    stack[top++] = seed;
    labels[seed] = label;
    while (top > 0) {
      const index = stack[--top]!;
      size++;
      const x = index % nx;
      const y = Math.floor(index / nx) % ny;
      const z = Math.floor(index / (nx * ny));
      for (const [dx, dy, dz] of offsets) {
        const u = x + dx;
        const v = y + dy;
        const w = z + dz;
        if (u < 0 || v < 0 || w < 0 || u >= nx || v >= ny || w >= nz) continue;
        const next = u + nx * (v + ny * w);
        if (mask[next] && !labels[next]) {
          labels[next] = label;
          stack[top++] = next;
        }
      }
    }
    if (size > bestSize) {
      bestSize = size;
      best = label;
    }
  }
  for (let i = 0; i < mask.length; i++) mask[i] = best !== 0 && labels[i] === best ? 1 : 0;
  return bestSize;
}

/** Fills holes (background that cannot reach the slice's edge through faces) in each axial slice, in place. */
export function fillHolesBySlice(mask: Uint8Array, [nx, ny, nz]: Triple): void {
  const outside = new Uint8Array(nx * ny);
  const stack = new Int32Array(nx * ny);
  for (let k = 0; k < nz; k++) {
    const slice = mask.subarray(k * nx * ny, (k + 1) * nx * ny);
    outside.fill(0);
    let top = 0;
    const visit = (p: number) => {
      if (!slice[p] && !outside[p]) {
        outside[p] = 1;
        stack[top++] = p;
      }
    };
    for (let x = 0; x < nx; x++) {
      visit(x);
      visit(x + nx * (ny - 1));
    }
    for (let y = 0; y < ny; y++) {
      visit(nx * y);
      visit(nx * y + nx - 1);
    }
    while (top > 0) {
      const p = stack[--top]!;
      const x = p % nx;
      if (x > 0) visit(p - 1);
      if (x < nx - 1) visit(p + 1);
      if (p >= nx) visit(p - nx);
      if (p < nx * (ny - 1)) visit(p + nx);
    }
    for (let p = 0; p < slice.length; p++) slice[p] = outside[p] ? 0 : 1;
  }
}

function neighbours(connectivity: 6 | 26): Triple[] {
  const out: Triple[] = [];
  for (let z = -1; z <= 1; z++)
    for (let y = -1; y <= 1; y++)
      for (let x = -1; x <= 1; x++) {
        const faces = Math.abs(x) + Math.abs(y) + Math.abs(z);
        if (faces > 0 && (connectivity === 26 || faces === 1)) out.push([x, y, z]);
      }
  return out;
}
