import type { Warning, Where } from "../../base/errors/index.ts";
import { cleaned, type Volume } from "../../imaging/volume/index.ts";

/**
 * An input as a model may see it: NaN are background, spikes are as their neighbours. What was replaced is in the warnings.
 *
 * @param what what warnings call it: `the input "mr"`
 */
export function cleanInput(
  given: Volume,
  what: string,
  where: Where,
): { readonly volume: Volume; readonly warnings: readonly Warning[] } {
  const { volume, nan, outliers, background } = cleaned(given);
  const warnings: Warning[] = [];
  const share = (n: number) =>
    `${n} ${n === 1 ? "voxel" : "voxels"} (${Number(((100 * n) / given.size).toPrecision(2))} %)`;
  if (nan > 0)
    warnings.push({
      code: "nan",
      where,
      what: `${what} holds ${share(nan)} of NaN, taken for background (${Number(background.toPrecision(4))})`,
    });
  if (outliers > 0)
    warnings.push({
      code: "outliers",
      where,
      what: `${what} holds ${share(outliers)} far beyond all others, taken for what is around them`,
    });
  return { volume, warnings };
}
