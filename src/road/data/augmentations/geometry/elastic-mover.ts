import type { Triple } from "../../../../imaging/volume/index.ts";
import { type CubicTable, cubicScale, cubicTable, cubicWeights, EDGE } from "./cubic.ts";
import type { ElasticMove } from "./move.ts";
import { type Extent, type Mover, middle, type Places } from "./places.ts";

/** Displaces the places of the grid itself: the spline is taken apart axis by axis, so that a voxel costs four products an axis. */
export function gridElasticMover({ points, shifts }: ElasticMove, { shape }: Extent): Mover {
  const [, rows, columns] = points;
  const flat = points[0] === 1;
  const inDepth = flat ? undefined : cubicTable(shape[0], points[0]);
  const inHeight = cubicTable(shape[1], rows);
  const { first, weights } = cubicTable(shape[2], columns);
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
export function elasticMover({ points, shifts }: ElasticMove, { shape, spacing }: Extent): Mover {
  const flat = points[0] === 1;
  const [, rows, columns] = points;
  const used = flat ? [1, 2] : [0, 1, 2];
  const scales = points.map((count, axis) => cubicScale(shape[axis]!, count));
  const weights = new Float64Array(12);
  const first = [0, 0, 0];
  if (flat) weights[0] = 1;
  const place = (axis: number, mm: number) =>
    (mm / spacing[axis]! + middle(shape[axis]!) + EDGE) * scales[axis]!;
  const shift: [number, number, number] = [0, 0, 0];
  return {
    move(places) {
      const { depth, height, width } = places;
      for (let i = 0; i < width.length; i++) {
        const at: Triple = [depth[i]!, height[i]!, width[i]!];
        let within = true;
        for (const axis of used) {
          const u = place(axis, at[axis]!);
          within &&= u >= 0 && u <= points[axis]! - 3;
          if (within) first[axis] = cubicWeights(u, points[axis]!, weights, 4 * axis);
        }
        if (!within) continue;
        shift.fill(0);
        for (let p = 0; p < (flat ? 1 : 4); p++)
          for (let q = 0; q < 4; q++) {
            const start = ((first[0]! + p) * rows + first[1]! + q) * columns + first[2]!;
            const share = weights[p]! * weights[4 + q]!;
            for (let r = 0; r < 4; r++)
              for (const axis of used) shift[axis]! += share * weights[8 + r]! * shifts[axis]![start + r]!;
          }
        depth[i]! += shift[0];
        height[i]! += shift[1];
        width[i]! += shift[2];
      }
    },
  };
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
