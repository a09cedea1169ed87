/** Cubic B-spline weights along one axis: from which control point on, and the weights of four. */
export interface CubicTable {
  readonly first: Int32Array;
  /** Four a place. */
  readonly weights: Float64Array;
}

/** Intervals that span the samples, and their scale: control points about sample i are `(i + 0.625) · scale` intervals from the start. */
export function cubicScale(samples: number, points: number): number {
  return (points - 3) / (samples + 0.25);
}

/** Half a voxel and an eighth: from the edge of the intervals to the first centre. */
export const EDGE = 0.625;

/** For all samples of an axis. @param mirrored from the last sample to the first */
export function cubicTable(samples: number, points: number, mirrored: boolean): CubicTable {
  const first = new Int32Array(samples);
  const weights = new Float64Array(4 * samples);
  const scale = cubicScale(samples, points);
  for (let i = 0; i < samples; i++) {
    const place = mirrored ? samples - 1 - i : i;
    first[i] = cubicWeights((place + EDGE) * scale, points, weights, 4 * i);
  }
  return { first, weights };
}

/** Writes the weights of the four control points about a place and gives the first of them. @param place in intervals, from 0 to `points - 3` */
export function cubicWeights(place: number, points: number, weights: Float64Array, at: number): number {
  const cell = Math.min(points - 4, Math.floor(place));
  const t = place - cell;
  const s = 1 - t;
  weights[at] = (s * s * s) / 6;
  weights[at + 1] = (3 * t * t * t - 6 * t * t + 4) / 6;
  weights[at + 2] = (3 * s * s * s - 6 * s * s + 4) / 6;
  weights[at + 3] = (t * t * t) / 6;
  return cell;
}
