import type { Box } from "./region.ts";

/** Parallel rays through an axial plane, as the pixels that each crosses and the lengths of the crossings. */
export interface RayBundle {
  /** Ray r owns crossings from `start[r]` to `start[r + 1]`. */
  readonly start: Int32Array;
  /** i + nx · j of each crossing. */
  readonly pixel: Int32Array;
  /** mm. */
  readonly length: Float64Array;
}

/** Where rays run. */
export interface RayPlane {
  readonly nx: number;
  /** Pixels that can count: x0 ≤ i < x1, y0 ≤ j < y1. */
  readonly box: Pick<Box, "x0" | "x1" | "y0" | "y1">;
  /** mm along i and j. */
  readonly spacing: readonly [number, number];
  /** In pixels. */
  readonly isocentre: readonly [number, number];
}

/**
 * The rays of one gantry angle, exactly: a ray's crossing of a pixel is the piece of the line inside it (Siddon, Med Phys 12, 1985).
 *
 * @param angle gantry angle in degrees, IEC 61217 for a patient on the back, head first: at 0 the beam comes from the front, at 90 from the patient's left
 * @param raySpacing mm from ray to ray; one passes through the isocentre
 * @param toIsocentre whether rays end in the plane through the isocentre, or leave the image on the other side
 */
export function raysOf(plane: RayPlane, angle: number, raySpacing: number, toIsocentre: boolean): RayBundle {
  const [sx, sy] = plane.spacing;
  const { x0, x1, y0, y1 } = plane.box;
  // Voxel axes are RAS: x to the right, y to the front.
  const sin = Math.sin((angle * Math.PI) / 180);
  const cos = Math.cos((angle * Math.PI) / 180);
  const [ox, oy] = [plane.isocentre[0] * sx, plane.isocentre[1] * sy];
  // The box in mm from the isocentre.
  const low = [(x0 - 0.5) * sx - ox, (y0 - 0.5) * sy - oy] as const;
  const high = [(x1 - 0.5) * sx - ox, (y1 - 0.5) * sy - oy] as const;
  const across = [low[0], high[0]].flatMap((x) => [low[1], high[1]].map((y) => x * cos + y * sin));
  const first = Math.ceil(Math.min(...across) / raySpacing);
  const last = Math.floor(Math.max(...across) / raySpacing);
  const start = [0];
  const pixel: number[] = [];
  const length: number[] = [];
  for (let m = first; m <= last; m++) {
    // A point of the ray is origin + u · direction; u is 0 in the isocentre's plane and rises along the beam.
    const origin = [m * raySpacing * cos, m * raySpacing * sin] as const;
    const direction = [sin, -cos] as const;
    const cuts = crossings(
      origin,
      direction,
      low,
      high,
      [sx, sy],
      toIsocentre ? 0 : Number.POSITIVE_INFINITY,
    );
    for (let n = 1; n < cuts.length; n++) {
      const piece = cuts[n]! - cuts[n - 1]!;
      if (piece <= 1e-12) continue;
      const middle = (cuts[n]! + cuts[n - 1]!) / 2;
      const i = x0 + Math.floor((origin[0] + middle * direction[0] - low[0]) / sx);
      const j = y0 + Math.floor((origin[1] + middle * direction[1] - low[1]) / sy);
      if (i < x0 || i >= x1 || j < y0 || j >= y1) continue;
      pixel.push(i + plane.nx * j);
      length.push(piece);
    }
    start.push(pixel.length);
  }
  return { start: Int32Array.from(start), pixel: Int32Array.from(pixel), length: Float64Array.from(length) };
}

/** Where a ray crosses the grid lines of the box, in order, with where it enters and leaves; empty when it passes by. */
function crossings(
  origin: readonly [number, number],
  direction: readonly [number, number],
  low: readonly [number, number],
  high: readonly [number, number],
  spacing: readonly [number, number],
  end: number,
): number[] {
  let from = Number.NEGATIVE_INFINITY;
  let to = end;
  for (const d of [0, 1] as const) {
    if (Math.abs(direction[d]) < 1e-12) {
      if (origin[d] < low[d] || origin[d] >= high[d]) return [];
      continue;
    }
    const a = (low[d] - origin[d]) / direction[d];
    const b = (high[d] - origin[d]) / direction[d];
    from = Math.max(from, Math.min(a, b));
    to = Math.min(to, Math.max(a, b));
  }
  if (!(from < to)) return [];
  const cuts = [from, to];
  for (const d of [0, 1] as const) {
    if (Math.abs(direction[d]) < 1e-12) continue;
    const lines = Math.round((high[d] - low[d]) / spacing[d]);
    for (let line = 0; line <= lines; line++) {
      const u = (low[d] + line * spacing[d] - origin[d]) / direction[d];
      if (u > from && u < to) cuts.push(u);
    }
  }
  return cuts.sort((p, q) => p - q);
}
