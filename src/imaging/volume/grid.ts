import { MidashError, type Where } from "../../base/errors/index.ts";
import { type Affine, affineFromSpacing, applyAffine, mapTriple, spacingOf, type Triple } from "./affine.ts";

/** The grid a volume lives on, without its values. */
export interface Grid {
  readonly shape: Triple;
  readonly affine: Affine;
}

/** True when shapes are equal and no corner of the grid differs by more than `tolerance` mm (default 0.01). */
export function sameGrid(a: Grid, b: Grid, tolerance = 0.01): boolean {
  if (a.shape.some((n, d) => n !== b.shape[d])) return false;
  const [nx, ny, nz] = a.shape;
  for (let corner = 0; corner < 8; corner++) {
    const point: Triple = [corner & 1 ? nx : 0, corner & 2 ? ny : 0, corner & 4 ? nz : 0];
    const p = applyAffine(a.affine, point);
    const q = applyAffine(b.affine, point);
    if (Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]) > tolerance) return false;
  }
  return true;
}

/** The smallest straight RAS grid with voxels of `spacing` mm that covers a grid, however it lies; any surplus on both sides. */
export function straightGrid(grid: Grid, spacing: Triple): Grid {
  const low = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const high = low.map((v) => -v);
  for (let corner = 0; corner < 8; corner++) {
    const outer = mapTriple(grid.shape, (n, d) => ((corner >> d) & 1 ? n - 0.5 : -0.5));
    for (const [axis, at] of applyAffine(grid.affine, outer).entries()) {
      low[axis] = Math.min(low[axis]!, at);
      high[axis] = Math.max(high[axis]!, at);
    }
  }
  // A thousandth of a voxel may stick out, so that rounding adds none.
  const shape = mapTriple(spacing, (s, d) => Math.max(1, Math.ceil((high[d]! - low[d]!) / s - 1e-3)));
  const origin = mapTriple(spacing, (s, d) => (low[d]! + high[d]! - (shape[d]! - 1) * s) / 2);
  return { shape, affine: affineFromSpacing(spacing, origin) };
}

/** Throws a `grid-mismatch` {@link MidashError} that shows both grids, unless they are the same. */
export function assertSameGrid(a: Grid, b: Grid, names: readonly [string, string], where?: Where): void {
  if (sameGrid(a, b)) return;
  throw new MidashError(
    "grid-mismatch",
    `${names[0]} (${describeGrid(a)}) and ${names[1]} (${describeGrid(b)}) are on different grids`,
    {
      where,
      hint: [
        [
          `resample one onto the other first, e.g. resample(${names[0]}, { `,
          { option: "like" },
          `: ${names[1]}${/mask|label/i.test(names[0]) ? ', interpolation: "nearest"' : ""} }), which registers nothing: images that are not aligned stay so`,
        ],
      ],
    },
  );
}

/** "156×197×94 at 1×1×2.5 mm, origin (-78, -98, -117)". */
export function describeGrid({ shape, affine }: Grid): string {
  const round = (x: number) => Number(x.toFixed(3));
  const origin = [affine[3]!, affine[7]!, affine[11]!].map(round).join(", ");
  return `${shape.join("×")} at ${spacingOf(affine).map(round).join("×")} mm, origin (${origin})`;
}
