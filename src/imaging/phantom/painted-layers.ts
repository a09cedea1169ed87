import { mapTriple, type Triple } from "../volume/index.ts";

/** A lattice's field: one number per node, x fastest; negative inside the shape. */
export type NodeField = Float32Array;

/** A shape to paint: the points where every field, interpolated, is below 0. */
export interface Layer {
  readonly label: number;
  readonly fields: readonly NodeField[];
}

/** Coarse nodes over a fine grid. Node (a, b, c) sits on fine voxel (a·step, b·step, c·step). */
export interface Lattice {
  /** The fine grid's voxels. */
  readonly fine: Triple;
  /** Fine voxels per cell, along each axis. */
  readonly step: Triple;
  /** Nodes along each axis; the last may lie beyond the fine grid. */
  readonly nodes: Triple;
}

/** A lattice whose cells are about `cell` mm wide over a grid of `fine` voxels. */
export function latticeOver(fine: Triple, spacing: Triple, cell: number): Lattice {
  const step = mapTriple(spacing, (s) => Math.max(1, Math.round(cell / s)));
  const nodes = mapTriple(fine, (n, d) => Math.ceil(n / step[d]!) + 1);
  return { fine, step, nodes };
}

/** A layer and the range of cells, inclusive, that it can touch. */
export interface BoxedLayer extends Layer {
  readonly low: Triple;
  readonly high: Triple;
}

/** Finds the cells that each layer can touch: those with a corner where its first field is negative. */
export function boxLayers({ nodes }: Lattice, layers: readonly Layer[]): BoxedLayer[] {
  const [mx, my, mz] = nodes;
  return layers.map((layer) => {
    const field = layer.fields[0]!;
    const low = [mx, my, mz] as [number, number, number];
    const high = [-1, -1, -1] as [number, number, number];
    for (let c = 0, n = 0; c < mz; c++)
      for (let b = 0; b < my; b++)
        for (let a = 0; a < mx; a++, n++) {
          if (field[n]! >= 0) continue;
          if (a < low[0]) low[0] = a;
          if (a > high[0]) high[0] = a;
          if (b < low[1]) low[1] = b;
          if (b > high[1]) high[1] = b;
          if (c < low[2]) low[2] = c;
          high[2] = c;
        }
    return { ...layer, low: [low[0] - 1, low[1] - 1, low[2] - 1], high };
  });
}

/**
 * Paints layers, later ones over earlier ones, onto the fine grid's z-slab of cells `cz`. Trilinear values stay between
 * those of a cell's eight corners, so most layers of a cell are decided without looking at its voxels.
 *
 * @param labels the whole fine volume, x fastest; written in place
 */
export function paintSlab(
  lattice: Lattice,
  boxed: readonly BoxedLayer[],
  cz: number,
  labels: Uint8Array,
): void {
  const [nx, ny, nz] = lattice.fine;
  const [sx, sy, sz] = lattice.step;
  const [mx, my] = lattice.nodes;
  const layers = boxed.filter(({ low, high }) => cz >= low[2] && cz <= high[2]);
  const corner = [0, 1, mx, mx + 1, mx * my, mx * my + 1, mx * my + mx, mx * my + mx + 1];
  const open = new Uint8Array(sx * sy * sz);
  const inside = new Uint8Array(sx * sy * sz);
  const z0 = cz * sz;
  const depth = Math.min(sz, nz - z0);
  for (let y0 = 0, cy = 0; y0 < ny; y0 += sy, cy++)
    for (let x0 = 0, cx = 0; x0 < nx; x0 += sx, cx++) {
      const width = Math.min(sx, nx - x0);
      const height = Math.min(sy, ny - y0);
      const node = cx + mx * (cy + my * cz);
      const first = x0 + nx * (y0 + ny * z0);
      let left = -1; // voxels of the cell not yet painted; -1: none looked at yet
      for (let l = layers.length - 1; l >= 0 && left !== 0; l--) {
        const { fields, label, low, high } = layers[l]!;
        if (cx < low[0] || cx > high[0] || cy < low[1] || cy > high[1]) continue;
        const verdict = judge(fields, node, corner);
        if (verdict === OUTSIDE) continue;
        if (verdict === INSIDE && left < 0) {
          fillCell(labels, first, nx, nx * ny, width, height, depth, label);
          left = 0;
          break;
        }
        if (left < 0) {
          left = width * height * depth;
          open.fill(1);
        }
        inside.set(open);
        if (verdict !== INSIDE)
          for (const field of fields)
            intersect(field, node, corner, lattice.step, width, height, depth, inside);
        for (let k = 0; k < depth; k++)
          for (let j = 0; j < height; j++) {
            const row = first + nx * (j + ny * k);
            const cell = sx * (j + sy * k);
            for (let i = 0; i < width; i++)
              if (inside[cell + i]) {
                labels[row + i] = label;
                open[cell + i] = 0;
                left--;
              }
          }
      }
    }
}

const OUTSIDE = 0;
const INSIDE = 1;
const MIXED = 2;

/** Whether a cell lies outside one field, inside all, or neither for sure. */
function judge(fields: readonly NodeField[], node: number, corner: readonly number[]): number {
  let verdict = INSIDE;
  for (const field of fields) {
    let negative = 0;
    for (let c = 0; c < 8; c++) if (field[node + corner[c]!]! < 0) negative++;
    if (negative === 0) return OUTSIDE;
    if (negative < 8) verdict = MIXED;
  }
  return verdict;
}

/** Clears `inside` where the trilinear value of `field` is not below 0. */
function intersect(
  field: NodeField,
  node: number,
  corner: readonly number[],
  [sx, sy, sz]: Triple,
  width: number,
  height: number,
  depth: number,
  inside: Uint8Array,
): void {
  const f0 = field[node]!;
  const f1 = field[node + corner[1]!]!;
  const f2 = field[node + corner[2]!]!;
  const f3 = field[node + corner[3]!]!;
  const f4 = field[node + corner[4]!]!;
  const f5 = field[node + corner[5]!]!;
  const f6 = field[node + corner[6]!]!;
  const f7 = field[node + corner[7]!]!;
  for (let k = 0; k < depth; k++) {
    const tz = k / sz;
    const a0 = f0 + (f4 - f0) * tz;
    const a1 = f1 + (f5 - f1) * tz;
    const b0 = f2 + (f6 - f2) * tz;
    const b1 = f3 + (f7 - f3) * tz;
    for (let j = 0; j < height; j++) {
      const ty = j / sy;
      const start = a0 + (b0 - a0) * ty;
      const slope = (a1 + (b1 - a1) * ty - start) / sx;
      const cell = sx * (j + sy * k);
      for (let i = 0; i < width; i++) if (start + slope * i >= 0) inside[cell + i] = 0;
    }
  }
}

function fillCell(
  labels: Uint8Array,
  first: number,
  strideY: number,
  strideZ: number,
  width: number,
  height: number,
  depth: number,
  label: number,
): void {
  for (let k = 0; k < depth; k++)
    for (let j = 0; j < height; j++) {
      const row = first + j * strideY + k * strideZ;
      labels.fill(label, row, row + width);
    }
}
