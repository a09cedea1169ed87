import type { Random } from "../../../base/random/index.ts";
import {
  type Affine,
  affineFromSpacing,
  applyAffine,
  invertAffine,
  mapTriple,
  multiplyAffines,
  type Triple,
} from "../../volume/index.ts";
import { smoothField } from "../smooth-field.ts";
import type { HeadMap } from "./head-map.ts";

/** How far heads are turned, stretched and bent. */
const TURN = 12; // degrees, SD about each axis
const SIZE = 0.07; // SD of the size, and half of it of each axis by itself
const SHIFT = 6; // mm, SD
const BEND = { scale: 45, amount: 3.5 } as const; // mm between knots, and the largest SD of the displacement

/**
 * A random head's map on a grid of `shape` voxels of `spacing` mm around the head: mirrored or not, turned, stretched and bent.
 *
 * @returns codes of the map, x fastest; 0 (air) beyond it
 */
export function warpedMap(map: HeadMap, random: Random, shape: Triple, spacing: Triple): Uint8Array {
  const m = placing(map, random);
  const amount = BEND.amount * random.next();
  const bend = () => smoothField(random, shape, spacing, BEND.scale);
  const [bendX, bendY, bendZ] = [bend(), bend(), bend()];
  const [nx, ny, nz] = shape;
  const [mx, my, mz] = map.shape;
  const { data } = map;
  const out = new Uint8Array(nx * ny * nz);
  let v = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, v++) {
        // mm from the grid's middle
        const x = (i - (nx - 1) / 2) * spacing[0] + amount * bendX[v]!;
        const y = (j - (ny - 1) / 2) * spacing[1] + amount * bendY[v]!;
        const z = (k - (nz - 1) / 2) * spacing[2] + amount * bendZ[v]!;
        const p = Math.round(m[0]! * x + m[1]! * y + m[2]! * z + m[3]!);
        const q = Math.round(m[4]! * x + m[5]! * y + m[6]! * z + m[7]!);
        const r = Math.round(m[8]! * x + m[9]! * y + m[10]! * z + m[11]!);
        if (p >= 0 && q >= 0 && r >= 0 && p < mx && q < my && r < mz) out[v] = data[p + mx * (q + my * r)]!;
      }
  return out;
}

/** From mm about the grid's middle to voxels of the map: turned, stretched, shifted, and mirrored in half of all cases. */
function placing(map: HeadMap, random: Random): Affine {
  const angle = () => (TURN * random.normal() * Math.PI) / 180;
  const turns = [0, 1, 2].map((axis) => turnAbout(axis, angle()));
  const size = 1 + SIZE * random.normal();
  const stretch = () => 1 / Math.max(0.7, size + 0.5 * SIZE * random.normal());
  const side = random.next() < 0.5 ? -1 : 1;
  const stretched = affineFromSpacing([side * stretch(), stretch(), stretch()]);
  const middle = applyAffine(
    map.affine,
    mapTriple(map.shape, (n) => (n - 1) / 2),
  );
  const moved = affineFromSpacing(
    [1, 1, 1],
    mapTriple(middle, (mm) => mm + SHIFT * random.normal()),
  );
  return [moved, stretched, ...turns].reduce(multiplyAffines, invertAffine(map.affine));
}

/** A turn about x, y or z. */
function turnAbout(axis: number, angle: number): Affine {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [u, v] = [(axis + 1) % 3, (axis + 2) % 3];
  const matrix = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  matrix[5 * u] = matrix[5 * v] = cos;
  matrix[4 * u + v] = -sin;
  matrix[4 * v + u] = sin;
  return matrix as unknown as Affine;
}
