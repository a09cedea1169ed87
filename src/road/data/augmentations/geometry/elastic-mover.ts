import { type CubicTable, cubicScale, cubicTable, cubicWeights, EDGE } from "./cubic.ts";
import type { ElasticMove } from "./move.ts";
import { type Extent, type Mirrored, type Mover, middle, type Places } from "./places.ts";

/** Displaces the places of the grid itself, or of its mirror image: the spline is taken apart axis by axis, so that a voxel costs four products an axis. */
export function gridElasticMover(
  { points, shifts }: ElasticMove,
  { shape }: Extent,
  mirrored: Mirrored,
): Mover {
  const [, rows, columns] = points;
  const flat = points[0] === 1;
  const inDepth = flat ? undefined : cubicTable(shape[0], points[0], mirrored[0]);
  const inHeight = cubicTable(shape[1], rows, mirrored[1]);
  const { first, weights } = cubicTable(shape[2], columns, mirrored[2]);
  const used = flat ? [1, 2] : [0, 1, 2]; // a slice stays in its plane
  const planes = shifts.map((shift) => (flat ? shift : new Float64Array(rows * columns)));
  const lines = shifts.map(() => new Float64Array(columns));
  let plane = -1;
  return {
    move(places, k, j) {
      if (inDepth && k !== plane)
        for (const axis of used) combine(shifts[axis]!, inDepth, k, planes[axis]!, rows * columns);
      plane = k;
      for (const axis of used) combine(planes[axis]!, inHeight, j, lines[axis]!, columns);
      for (const axis of used) {
        const line = lines[axis]!;
        const place = alongAxis(places, axis);
        for (let i = 0; i < place.length; i++) {
          const at = first[i]!;
          const w = 4 * i;
          place[i]! +=
            weights[w]! * line[at]! +
            weights[w + 1]! * line[at + 1]! +
            weights[w + 2]! * line[at + 2]! +
            weights[w + 3]! * line[at + 3]!;
        }
      }
    },
  };
}

/** Displaces any places: those of a grid that a later move has moved. Beyond the control points' intervals they stay. */
export function elasticMover(elastic: ElasticMove, { shape, spacing }: Extent): Mover {
  const { points, shifts } = elastic;
  const flat = points[0] === 1;
  const [planes, rows, columns] = points;
  const scales = points.map((count, axis) => cubicScale(shape[axis]!, count) / spacing[axis]!);
  const starts = points.map((count, axis) => (middle(shape[axis]!) + EDGE) * cubicScale(shape[axis]!, count));
  const [deep, down, right] = [new Float64Array(4), new Float64Array(4), new Float64Array(4)];
  if (flat) deep[0] = 1;
  const layers = flat ? 1 : 4;
  return {
    move({ depth, height, width }) {
      for (let i = 0; i < width.length; i++) {
        const w = flat ? 0 : depth[i]! * scales[0]! + starts[0]!;
        const v = height[i]! * scales[1]! + starts[1]!;
        const u = width[i]! * scales[2]! + starts[2]!;
        if (!(u >= 0 && v >= 0 && w >= 0 && u <= columns - 3 && v <= rows - 3)) continue;
        if (!flat && w > planes - 3) continue;
        const plane = flat ? 0 : cubicWeights(w, planes, deep, 0);
        const row = cubicWeights(v, rows, down, 0);
        const column = cubicWeights(u, columns, right, 0);
        let [inDepth, inHeight, inWidth] = [0, 0, 0];
        for (let p = 0; p < layers; p++)
          for (let q = 0; q < 4; q++) {
            const at = ((plane + p) * rows + row + q) * columns + column;
            const share = deep[p]! * down[q]!;
            if (!flat) inDepth += share * fourOf(shifts[0], at, right);
            inHeight += share * fourOf(shifts[1], at, right);
            inWidth += share * fourOf(shifts[2], at, right);
          }
        depth[i]! += inDepth;
        height[i]! += inHeight;
        width[i]! += inWidth;
      }
    },
  };
}

function fourOf(values: Float64Array, at: number, weights: Float64Array): number {
  return (
    values[at]! * weights[0]! +
    values[at + 1]! * weights[1]! +
    values[at + 2]! * weights[2]! +
    values[at + 3]! * weights[3]!
  );
}

function alongAxis({ depth, height, width }: Places, axis: number): Float64Array {
  return axis === 0 ? depth : axis === 1 ? height : width;
}

/** Four rows of `from`, weighed for place `i`. */
function combine(
  from: Float64Array,
  { first, weights }: CubicTable,
  i: number,
  to: Float64Array,
  length: number,
): void {
  const start = first[i]! * length;
  const [a, b, c, d] = [weights[4 * i]!, weights[4 * i + 1]!, weights[4 * i + 2]!, weights[4 * i + 3]!];
  for (let p = 0; p < length; p++)
    to[p] =
      a * from[start + p]! +
      b * from[start + length + p]! +
      c * from[start + 2 * length + p]! +
      d * from[start + 3 * length + p]!;
}
