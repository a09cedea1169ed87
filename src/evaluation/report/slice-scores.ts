import type { View } from "../../imaging/display/index.ts";
import { forEachPixel } from "../../imaging/display/index.ts";
import type { RasCase } from "./ras-case.ts";

/** How well one slice was met. */
export interface SliceScore {
  /** On the RAS grid along the view's axis, from 0. */
  readonly index: number;
  /** Scored voxels in it. */
  readonly voxels: number;
  /** HU over those voxels: mean |sCT - CT|. NaN without a CT or without scored voxels. */
  readonly mae: number;
}

/** Every slice of a case. Voxels that are not finite in either image are not counted. */
export function sliceScores(shown: RasCase, view: View): SliceScore[] {
  const { grid, sct, ct, scored } = shown;
  const [a, b] = sct && ct ? [sct.values(), ct.values()] : [];
  return Array.from({ length: grid.shape[view.through] }, (_, index) => {
    let voxels = 0;
    let sum = 0;
    forEachPixel(grid, view, index, (i) => {
      if (scored && !scored[i]) return;
      const error = a && b ? Math.abs(a[i]! - b[i]!) : 0;
      if (!Number.isFinite(error)) return;
      voxels++;
      sum += error;
    });
    return { index, voxels, mae: b && voxels > 0 ? sum / voxels : Number.NaN };
  });
}

/** `limit` slices at most, evenly chosen among those with scored voxels (all, where none has any). */
export function chooseSlices(scores: readonly SliceScore[], limit: number): SliceScore[] {
  const full = scores.filter((score) => score.voxels > 0);
  const from = full.length > 0 ? full : scores;
  if (from.length <= limit) return [...from];
  if (limit === 1) return [from[from.length >> 1]!];
  return Array.from({ length: limit }, (_, n) => from[Math.round((n * (from.length - 1)) / (limit - 1))]!);
}
