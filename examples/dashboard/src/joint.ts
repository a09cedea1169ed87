/** How often each pair of MR and CT values occurs in the head. */
import type { Volume } from "@midash/core";

export interface Joint {
  /** Voxels by bin: CT from low to high, and in each row MR from low to high. */
  readonly counts: Float64Array;
  readonly columns: number;
  readonly rows: number;
  /** Values at the ends of the axes. */
  readonly mr: readonly [low: number, high: number];
  readonly hu: readonly [low: number, high: number];
  readonly voxels: number;
}

const COLUMNS = 96;
const ROWS = 96;
const HU = [-1000, 2000] as const;

/** @param range of the MR; values beyond it count in the outermost bins */
export async function jointOf(
  mr: Volume,
  ct: Volume,
  labels: Volume,
  range: { readonly low: number; readonly high: number },
): Promise<Joint> {
  const counts = new Float64Array(COLUMNS * ROWS);
  let voxels = 0;
  const bin = (value: number, low: number, high: number, bins: number) =>
    Math.max(0, Math.min(bins - 1, Math.floor((bins * (value - low)) / (high - low))));
  const of = ({ scaling: { slope, intercept }, data }: Volume, n: number) => slope * data[n]! + intercept;
  for (let start = 0; start < labels.data.length; start += 1 << 20) {
    const end = Math.min(labels.data.length, start + (1 << 20));
    for (let n = start; n < end; n++) {
      if (labels.data[n] === 0) continue;
      voxels++;
      const column = bin(of(mr, n), range.low, range.high, COLUMNS);
      counts[column + COLUMNS * bin(of(ct, n), HU[0], HU[1], ROWS)]!++;
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return { counts, columns: COLUMNS, rows: ROWS, mr: [range.low, range.high], hu: HU, voxels };
}

/** The joint counts in few bins, for a table: share of all voxels in per cent. */
export function coarse({ counts, columns, rows, voxels }: Joint, bins = 4): readonly (readonly number[])[] {
  const sums = Array.from({ length: bins }, () => new Array<number>(bins).fill(0));
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const [r, c] = [Math.floor((row * bins) / rows), Math.floor((column * bins) / columns)];
      sums[r]![c]! += (100 * counts[column + columns * row]!) / Math.max(1, voxels);
    }
  return sums;
}
