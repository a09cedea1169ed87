import type { Triple } from "./affine.ts";

/** Grows a binary mask in place by an ellipsoid of the given radii in voxels (0 leaves that axis alone). */
export function dilate(mask: Uint8Array, [nx, ny, nz]: Triple, [rx, ry, rz]: Triple): void {
  const source = mask.slice();
  const offsets: Triple[] = [];
  for (let z = -rz; z <= rz; z++)
    for (let y = -ry; y <= ry; y++)
      for (let x = -rx; x <= rx; x++)
        if (ratio(x, rx) + ratio(y, ry) + ratio(z, rz) <= 1) offsets.push([x, y, z]);
  const at = (x: number, y: number, z: number) =>
    x >= 0 && y >= 0 && z >= 0 && x < nx && y < ny && z < nz ? source[x + nx * (y + ny * z)]! : 1;
  for (let z = 0; z < nz; z++)
    for (let y = 0; y < ny; y++)
      for (let x = 0; x < nx; x++) {
        if (!source[x + nx * (y + ny * z)]) continue;
        // Only voxels at the surface can grow.
        const inner = at(x - 1, y, z) & at(x + 1, y, z) & at(x, y - 1, z) & at(x, y + 1, z);
        if (inner && (rz === 0 || at(x, y, z - 1) & at(x, y, z + 1))) continue;
        for (const [dx, dy, dz] of offsets) {
          const u = x + dx;
          const v = y + dy;
          const w = z + dz;
          if (u >= 0 && v >= 0 && w >= 0 && u < nx && v < ny && w < nz) mask[u + nx * (v + ny * w)] = 1;
        }
      }
}

/** Shrinks a binary mask in place by an ellipsoid of the given radii in voxels; the volume's border does not eat into it. */
export function erode(mask: Uint8Array, shape: Triple, radii: Triple): void {
  invert(mask);
  dilate(mask, shape, radii);
  invert(mask);
}

function invert(mask: Uint8Array): void {
  for (let i = 0; i < mask.length; i++) mask[i] = mask[i] ? 0 : 1;
}

function ratio(x: number, r: number): number {
  return r === 0 ? 0 : (x / r) ** 2;
}
