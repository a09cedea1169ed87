import { assert } from "../../base/errors/index.ts";
import { type Affine, applyAffine, type Volume } from "../volume/index.ts";
import { Growing } from "./growing.ts";

/** A surface of triangles. */
export interface Surface {
  /** x, y, z of each vertex: mm, RAS+. */
  readonly positions: Float32Array;
  /** Three vertices of each triangle, counterclockwise as seen from outside. */
  readonly triangles: Uint32Array;
}

/** Options of {@link surfaceOf}. */
export interface SurfaceOptions {
  /** Inside are the voxels whose value is at least this: 300 HU for bone, 0.5 for a mask. */
  readonly level: number;
}

/** The corners of a cell of eight voxels, and its edges between two of them, along x, y and z. */
const CORNERS = Array.from({ length: 8 }, (_, c) => [c & 1, (c >> 1) & 1, c >> 2] as const);
const EDGES = [1, 2, 4].flatMap((step) =>
  CORNERS.flatMap((_, c) => ((c & step) === 0 ? [[c, c + step] as const] : [])),
);

/**
 * The closed surface around the voxels that reach a level, by naive surface nets (Gibson 1998): one vertex in each cell that the surface runs through, at the mean of where it crosses
 * the cell's edges, which linear interpolation gives. Smooth to a fraction of a voxel where values rise gently, stepped where they jump as those of a mask do. Around the volume everything is outside, so the surface is closed there.
 *
 * Where two parts touch at an edge or a corner alone, that edge has four triangles: programs that want a manifold (tetrahedral meshes) want such parts apart, e.g. by `keepLargestComponent`
 * of a mask.
 *
 * @example
 * const skull = surfaceOf(sct, { level: 300 });
 * await writeFile("skull.stl", encodeStl(skull));
 *
 * @throws MidashError `invalid-argument` for a level that is no number
 */
export function surfaceOf(volume: Volume, { level }: SurfaceOptions): Surface {
  assert(Number.isFinite(level), `level must be a number, got ${level}`, { where: { call: "surfaceOf" } });
  const { shape, affine, data, scaling } = volume;
  const [nx, ny, nz] = shape;
  const [wx, wy] = [nx + 2, ny + 2]; // one voxel of outside all around
  const inside = new Uint8Array(wx * wy * (nz + 2));
  const { slope, intercept } = scaling;
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0, at = 1 + wx * (j + 1 + wy * (k + 1)); i < nx; i++, n++, at++)
        if (slope * data[n]! + intercept >= level) inside[at] = 1;
  const value = (i: number, j: number, k: number) =>
    i < 0 || j < 0 || k < 0 || i >= nx || j >= ny || k >= nz
      ? Number.NaN
      : slope * data[i + nx * (j + ny * k)]! + intercept;

  const positions = new Growing(Float32Array);
  const triangles = new Growing(Uint32Array);
  const steps = [1, wx, wx * wy] as const;
  const offsets = CORNERS.map(([x, y, z]) => x + wx * y + wx * wy * z);
  const flip = determinant(affine) < 0;
  // The vertex of each cell of this layer and of the one before; cells begin at the padding.
  let [before, here] = [new Uint32Array(wx * wy), new Uint32Array(wx * wy)];
  for (let k = -1; k < nz; k++) {
    for (let j = -1; j < ny; j++)
      for (let i = -1; i < nx; i++) {
        const first = i + 1 + wx * (j + 1 + wy * (k + 1));
        let count = 0;
        for (const offset of offsets) count += inside[first + offset]!;
        if (count === 0 || count === 8) continue;
        const cell = i + 1 + wx * (j + 1);
        here[cell] = positions.length / 3;
        positions.push(...applyAffine(affine, crossing(inside, first, offsets, value, [i, j, k], level)));
        const low = inside[first]!;
        for (const axis of [0, 1, 2] as const) {
          if (low === inside[first + steps[axis]]) continue;
          // The four cells around the edge, counterclockwise as seen from its far end.
          const [a, b] = [steps[(axis + 1) % 3]!, steps[(axis + 2) % 3]!];
          const at = (offset: number) =>
            offset >= wx * wy ? before[cell - (offset - wx * wy)]! : here[cell - offset]!;
          const around = [at(a + b), at(b), at(0), at(a)] as const;
          const [p, q, r, s] =
            (low === 1) === flip ? ([...around].reverse() as unknown as typeof around) : around;
          triangles.push(p, q, r);
          triangles.push(p, r, s);
        }
      }
    [before, here] = [here, before];
  }
  return { positions: positions.done(), triangles: triangles.done() };
}

/** Where the surface runs through a cell: the mean of its crossings of the cell's edges. */
function crossing(
  inside: Uint8Array,
  first: number,
  offsets: readonly number[],
  value: (i: number, j: number, k: number) => number,
  [i, j, k]: readonly [number, number, number],
  level: number,
): [number, number, number] {
  const mean: [number, number, number] = [0, 0, 0];
  let crossings = 0;
  for (const [from, to] of EDGES) {
    if (inside[first + offsets[from]!] === inside[first + offsets[to]!]) continue;
    const [a, b] = [CORNERS[from]!, CORNERS[to]!];
    const [low, high] = [value(i + a[0], j + a[1], k + a[2]), value(i + b[0], j + b[1], k + b[2])];
    const share = (level - low) / (high - low);
    const t = share >= 0 && share <= 1 ? share : 0.5; // nobody knows how values go on outside of the volume
    for (const axis of [0, 1, 2] as const) mean[axis] += a[axis] + t * (b[axis] - a[axis]);
    crossings++;
  }
  return [i + mean[0] / crossings, j + mean[1] / crossings, k + mean[2] / crossings];
}

function determinant(affine: Affine): number {
  const [a, b, c, , d, e, f, , g, h, i] = affine as unknown as number[];
  return a! * (e! * i! - f! * h!) - b! * (d! * i! - f! * g!) + c! * (d! * h! - e! * g!);
}
