import { mapTriple, type Triple } from "../affine.ts";
import { splineWeights } from "../sampling/spline.ts";

/** Control points of a cubic B-spline over a grid: one more than its pieces, and one beyond each end, along each axis. */
export interface Lattice {
  readonly shape: Triple;
  readonly points: Float64Array;
}

/** Where samples of one axis lie among the pieces of the spline: the first of four control points, and their weights. */
interface AxisBasis {
  readonly first: Int32Array;
  readonly weight: Float64Array;
}

/** Samples of a grid, as the spline sees them. */
export type Basis = readonly [AxisBasis, AxisBasis, AxisBasis];

export function emptyLattice(pieces: Triple): Lattice {
  const shape = mapTriple(pieces, (n) => n + 3);
  return { shape, points: new Float64Array(shape[0] * shape[1] * shape[2]) };
}

/**
 * @param size of the grid that the spline spans, from its first voxel's centre to its last
 * @param indices of the samples along each axis of that grid
 */
export function basisOf({ shape }: Lattice, size: Triple, indices: readonly Int32Array[]): Basis {
  return indices.map((places, d) => {
    const pieces = shape[d]! - 3;
    const first = new Int32Array(places.length);
    const weight = new Float64Array(4 * places.length);
    for (const [i, place] of places.entries()) {
      const t = size[d]! > 1 ? (place * pieces) / (size[d]! - 1) : 0;
      first[i] = Math.min(pieces - 1, Math.floor(t));
      splineWeights(t - first[i]!, weight, 4 * i);
    }
    return { first, weight };
  }) as unknown as Basis;
}

/**
 * Scattered samples as a B-spline, one step of Lee, Wolberg and Shin, "Scattered data interpolation with multilevel B-splines", IEEE TVCG 1997: each
 * sample asks its 4×4×4 control points for the smallest change that would meet it, and a point takes the mean of what it is asked for,
 * weighted by its squared influence. On a grid all of it falls apart into three passes of one axis each.
 */
export class LatticeFit {
  readonly #shape: Triple;
  readonly #asked: Basis;
  readonly #influence: Float64Array;

  /** @param inside 1 for samples that count */
  constructor({ shape }: Lattice, basis: Basis, inside: Float64Array) {
    this.#shape = shape;
    this.#asked = basis.map((axis) => ({ first: axis.first, weight: askedWeights(axis.weight) })) as never;
    const squared = basis.map((axis) => ({ first: axis.first, weight: axis.weight.map((w) => w * w) }));
    this.#influence = gather(inside, squared as unknown as Basis, shape);
  }

  /** @param values of all samples, 0 for those that don't count */
  fit(values: Float64Array): Float64Array {
    const sum = gather(values, this.#asked, this.#shape);
    for (let c = 0; c < sum.length; c++) sum[c] = this.#influence[c]! > 0 ? sum[c]! / this.#influence[c]! : 0;
    return sum;
  }
}

/** w³ / Σw² of each sample: its squared influence on a point times what it asks of it. */
function askedWeights(weight: Float64Array): Float64Array {
  const out = new Float64Array(weight.length);
  for (let i = 0; i < weight.length; i += 4) {
    let squares = 0;
    for (let t = i; t < i + 4; t++) squares += weight[t]! ** 2;
    for (let t = i; t < i + 4; t++) out[t] = weight[t]! ** 3 / squares;
  }
  return out;
}

/** Samples, times their weights, summed into control points: x, then y, then z. */
function gather(values: Float64Array, [x, y, z]: Basis, [cx, cy, cz]: Triple): Float64Array {
  const [nx, ny, nz] = [x.first.length, y.first.length, z.first.length];
  const out = new Float64Array(cx * cy * cz);
  const plane = new Float64Array(cx * cy);
  const row = new Float64Array(cx);
  for (let k = 0; k < nz; k++) {
    plane.fill(0);
    for (let j = 0; j < ny; j++) {
      row.fill(0);
      const at = nx * (j + ny * k);
      for (let i = 0; i < nx; i++) {
        const v = values[at + i]!;
        if (v === 0) continue;
        const c = x.first[i]!;
        for (let t = 0; t < 4; t++) row[c + t]! += v * x.weight[4 * i + t]!;
      }
      addTo(plane, row, y, j, cx);
    }
    addTo(out, plane, z, k, cx * cy);
  }
  return out;
}

function addTo(out: Float64Array, part: Float64Array, axis: AxisBasis, i: number, n: number): void {
  for (let t = 0; t < 4; t++) {
    const w = axis.weight[4 * i + t]!;
    const at = (axis.first[i]! + t) * n;
    for (let c = 0; c < n; c++) out[at + c]! += w * part[c]!;
  }
}

/** The spline's values at the samples of `basis`, into `out`: z, then y, then x. */
export function evaluate(
  { shape: [cx, cy], points }: Lattice,
  [x, y, z]: Basis,
  out: Float64Array | Float32Array,
): void {
  const [nx, ny, nz] = [x.first.length, y.first.length, z.first.length];
  const plane = new Float64Array(cx * cy);
  const row = new Float64Array(cx);
  for (let k = 0; k < nz; k++) {
    takeFrom(plane, points, z, k);
    for (let j = 0; j < ny; j++) {
      takeFrom(row, plane, y, j);
      const at = nx * (j + ny * k);
      for (let i = 0; i < nx; i++) {
        const c = x.first[i]!;
        const t = 4 * i;
        out[at + i] =
          x.weight[t]! * row[c]! +
          x.weight[t + 1]! * row[c + 1]! +
          x.weight[t + 2]! * row[c + 2]! +
          x.weight[t + 3]! * row[c + 3]!;
      }
    }
  }
}

function takeFrom(part: Float64Array, source: Float64Array, axis: AxisBasis, i: number): void {
  part.fill(0);
  const n = part.length;
  for (let t = 0; t < 4; t++) {
    const w = axis.weight[4 * i + t]!;
    const at = (axis.first[i]! + t) * n;
    for (let c = 0; c < n; c++) part[c]! += w * source[at + c]!;
  }
}

/** The same spline with twice as many pieces along each axis: the subdivision rule of cubic B-splines. */
export function refine(lattice: Lattice): Lattice {
  let { shape, points } = lattice;
  for (const axis of [0, 1, 2] as const) {
    const n = shape[axis];
    const m = 2 * (n - 3) + 3;
    const next = mapTriple(shape, (s, d) => (d === axis ? m : s));
    const stride = axis === 0 ? 1 : axis === 1 ? shape[0] : shape[0] * shape[1];
    const out = new Float64Array(next[0] * next[1] * next[2]);
    for (let block = 0; block < points.length / (n * stride); block++)
      for (let lane = 0; lane < stride; lane++) {
        const old = (i: number) => points[block * n * stride + i * stride + lane]!;
        for (let i = 0; i < m; i++) {
          const j = i >> 1;
          const v = i & 1 ? (old(j) + 6 * old(j + 1) + old(j + 2)) / 8 : (old(j) + old(j + 1)) / 2;
          out[block * m * stride + i * stride + lane] = v;
        }
      }
    shape = next;
    points = out;
  }
  return { shape, points };
}
