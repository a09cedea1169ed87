import type { Random } from "../../../base/random/index.ts";
import { applyAffine, invertAffine, mapTriple, type Triple } from "../../volume/index.ts";
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
  const toMap = invertAffine(map.affine);
  const middle = applyAffine(
    map.affine,
    mapTriple(map.shape, (n) => (n - 1) / 2),
  );
  const matrix = placing(random);
  const shift = mapTriple(spacing, () => SHIFT * random.normal());
  const bent = BEND.amount * random.next();
  const fields = [0, 1, 2].map(() => smoothField(random, shape, spacing, BEND.scale)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const [fx, fy, fz] = fields;
  const [nx, ny, nz] = shape;
  const [mx, my, mz] = map.shape;
  const { data } = map;
  const out = new Uint8Array(nx * ny * nz);
  const steps = toMap;
  let v = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, v++) {
        const x = (i - (nx - 1) / 2) * spacing[0] + bent * fx[v]!;
        const y = (j - (ny - 1) / 2) * spacing[1] + bent * fy[v]!;
        const z = (k - (nz - 1) / 2) * spacing[2] + bent * fz[v]!;
        const wx = matrix[0]! * x + matrix[1]! * y + matrix[2]! * z + middle[0] + shift[0];
        const wy = matrix[3]! * x + matrix[4]! * y + matrix[5]! * z + middle[1] + shift[1];
        const wz = matrix[6]! * x + matrix[7]! * y + matrix[8]! * z + middle[2] + shift[2];
        const a = Math.round(steps[0]! * wx + steps[1]! * wy + steps[2]! * wz + steps[3]!);
        const b = Math.round(steps[4]! * wx + steps[5]! * wy + steps[6]! * wz + steps[7]!);
        const c = Math.round(steps[8]! * wx + steps[9]! * wy + steps[10]! * wz + steps[11]!);
        if (a >= 0 && b >= 0 && c >= 0 && a < mx && b < my && c < mz) out[v] = data[a + mx * (b + my * c)]!;
      }
  return out;
}

/** Row by row: turns about z, y and x, stretched, and mirrored in half of all cases. */
function placing(random: Random): number[] {
  const angle = () => (TURN * random.normal() * Math.PI) / 180;
  const [a, b, c] = [angle(), angle(), angle()];
  const size = 1 + SIZE * random.normal();
  const stretch = [0, 1, 2].map(() => 1 / Math.max(0.7, size + 0.5 * SIZE * random.normal()));
  if (random.next() < 0.5) stretch[0]! *= -1;
  const [ca, sa, cb, sb, cc, sc] = [a, b, c].flatMap((t) => [Math.cos(t), Math.sin(t)]) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const turned = [
    [ca * cb, ca * sb * sc - sa * cc, ca * sb * cc + sa * sc],
    [sa * cb, sa * sb * sc + ca * cc, sa * sb * cc - ca * sc],
    [-sb, cb * sc, cb * cc],
  ];
  return turned.flatMap((row, n) => row.map((value) => value * stretch[n]!));
}
