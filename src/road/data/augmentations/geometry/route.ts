import { product } from "../../../../base/bytes/index.ts";
import { elasticMover, gridElasticMover } from "./elastic-mover.ts";
import type { AffineMove, FlipMove, Move } from "./move.ts";
import { affineMover, type Extent, type Mirrored, type Mover, middle, type Places } from "./places.ts";

/** Where each voxel of a result is read: what all images of a sample share. */
export interface Route {
  /** Of the sample, depth first. */
  readonly shape: Extent["shape"];
  /** The voxel before the place on each axis, as an index without channels; -1 beyond the sample. */
  readonly before: Int32Array;
  /** How far from it towards the next one, 0 to 1, along depth, height and width. No depth for slices. */
  readonly depth: Float32Array | undefined;
  readonly height: Float32Array;
  readonly width: Float32Array;
}

/**
 * The way back through moves that were made one after the other, so that images are interpolated once. A sample reaches half a voxel beyond its outermost centres
 * and holds their values there, as ITK's images do.
 *
 * @param moves the first one first
 */
export function routeThrough(moves: readonly Move[], extent: Extent): Route {
  const { shape, spacing } = extent;
  const [planes, rows, columns] = shape;
  const size = product(shape);
  const flat = planes === 1;
  const route: Route = {
    shape,
    before: new Int32Array(size),
    depth: flat ? undefined : new Float32Array(size),
    height: new Float32Array(size),
    width: new Float32Array(size),
  };
  const { mirrored, movers } = moversOf(moves, extent);
  const [deep, down, right] = mirrored.map((back) => (back ? -1 : 1)) as [number, number, number];
  const places: Places = {
    depth: new Float64Array(columns),
    height: new Float64Array(columns),
    width: new Float64Array(columns),
  };
  for (let k = 0; k < planes; k++)
    for (let j = 0; j < rows; j++) {
      places.depth.fill(deep * (k - middle(planes)) * spacing[0]);
      places.height.fill(down * (j - middle(rows)) * spacing[1]);
      for (let i = 0; i < columns; i++) places.width[i] = right * (i - middle(columns)) * spacing[2];
      for (const mover of movers) mover.move(places, k, j);
      settle(route, (k * rows + j) * columns, places, extent);
    }
  return route;
}

/**
 * From the last move, which the result's places meet first, to the first one; affines that follow one another as one. Mirrors that come first leave a grid,
 * which an elastic is quick on.
 */
function moversOf(
  moves: readonly Move[],
  extent: Extent,
): { readonly mirrored: Mirrored; readonly movers: readonly Mover[] } {
  const rest = [...moves];
  const mirrored: [boolean, boolean, boolean] = [false, false, false];
  for (let last = rest.at(-1); last?.kind === "flip"; last = rest.at(-1)) {
    mirrored[last.axis] = !mirrored[last.axis];
    rest.pop();
  }
  const movers: Mover[] = [];
  let matrix: readonly number[] | undefined;
  const close = () => {
    if (matrix) movers.push(affineMover(matrix));
    matrix = undefined;
  };
  for (const move of rest.reverse()) {
    if (move.kind === "elastic") {
      close();
      const onGrid = movers.length === 0;
      movers.push(onGrid ? gridElasticMover(move, extent, mirrored) : elasticMover(move, extent));
    } else matrix = matrix ? after(matrixOf(move), matrix) : matrixOf(move);
  }
  close();
  return { mirrored, movers };
}

function matrixOf(move: AffineMove | FlipMove): readonly number[] {
  if (move.kind === "affine") return move.matrix;
  const sign = (axis: number) => (axis === move.axis ? -1 : 1);
  return [sign(0), 0, 0, 0, 0, sign(1), 0, 0, 0, 0, sign(2), 0];
}

/** `outer` of what `inner` gives. */
function after(outer: readonly number[], inner: readonly number[]): readonly number[] {
  return outer.map((_, n) => {
    const [row, column] = [4 * Math.floor(n / 4), n % 4];
    const sum = [0, 1, 2].reduce((total, i) => total + outer[row + i]! * inner[4 * i + column]!, 0);
    return column === 3 ? sum + outer[row + 3]! : sum;
  });
}

/** Writes one row's places as voxels to read and shares of their neighbours. */
function settle(route: Route, start: number, places: Places, { shape, spacing }: Extent): void {
  const { before, depth, height, width } = route;
  const [planes, rows, columns] = shape;
  const [lastPlane, lastRow, lastColumn] = [
    Math.max(0, planes - 2),
    Math.max(0, rows - 2),
    Math.max(0, columns - 2),
  ];
  const [atPlane, atRow, atColumn] = [middle(planes), middle(rows), middle(columns)];
  const [deep, down, right] = spacing;
  for (let i = 0; i < columns; i++) {
    const z = places.depth[i]! / deep + atPlane;
    const y = places.height[i]! / down + atRow;
    const x = places.width[i]! / right + atColumn;
    const v = start + i;
    if (
      !(z >= -0.5 && y >= -0.5 && x >= -0.5 && z <= planes - 0.5 && y <= rows - 0.5 && x <= columns - 0.5)
    ) {
      before[v] = -1;
      continue;
    }
    const plane = Math.min(lastPlane, z | 0); // (-0.5 | 0) is 0
    const row = Math.min(lastRow, y | 0);
    const column = Math.min(lastColumn, x | 0);
    before[v] = (plane * rows + row) * columns + column;
    height[v] = rows === 1 ? 0 : Math.min(1, Math.max(0, y - row));
    width[v] = columns === 1 ? 0 : Math.min(1, Math.max(0, x - column));
    if (depth) depth[v] = Math.min(1, Math.max(0, z - plane));
  }
}
