import { spacingOf, type Volume } from "@midash/core";

/** One row of a table of classes. */
export interface ClassSum {
  readonly label: number;
  readonly name: string;
  readonly ml: number;
  /** Of the values in its voxels. */
  readonly mean: number;
  readonly sd: number;
}

/** Voxels that are summed before the page gets its turn. */
const TURN = 1 << 20;

/** How much there is of each class, and what values its voxels have. `labels` and `values` are on one grid; label 0 is outside. */
export async function classSums(
  labels: Volume,
  values: Volume,
  names: readonly string[],
): Promise<ClassSum[]> {
  const [count, sum, squares] = [0, 1, 2].map(() => new Float64Array(names.length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const { data } = values;
  const { slope, intercept } = values.scaling;
  for (let start = 0; start < data.length; start += TURN) {
    const end = Math.min(data.length, start + TURN);
    for (let n = start; n < end; n++) {
      const label = labels.data[n]!;
      if (label === 0) continue;
      const value = slope * data[n]! + intercept;
      count[label]!++;
      sum[label]! += value;
      squares[label]! += value * value;
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  const voxelMl = spacingOf(labels.affine).reduce((product, mm) => product * mm, 1) / 1000;
  return names
    .map((name, label) => {
      const n = count[label]!;
      const mean = n === 0 ? Number.NaN : sum[label]! / n;
      const sd = n === 0 ? Number.NaN : Math.sqrt(Math.max(0, squares[label]! / n - mean * mean));
      return { label, name, ml: n * voxelMl, mean, sd };
    })
    .slice(1);
}
