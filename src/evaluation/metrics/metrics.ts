import { assert, fail } from "../../base/errors/index.ts";
import { assertDensityClasses, DENSITY_CLASSES, type DensityClass } from "../../imaging/hounsfield/index.ts";
import type { Volume } from "../../imaging/volume/index.ts";
import { averageReports } from "./average.ts";
import { boneDice } from "./bone-dice.ts";
import { comparedPair } from "./compared-pair.ts";
import { electronDensity } from "./electron-density.ts";
import { scoreLabels } from "./labels.ts";
import { monai } from "./monai.ts";
import type { MetricMask } from "./named-mask.ts";
import type { MetricPreset, MetricReport } from "./report.ts";
import { slice2d } from "./slice2d.ts";
import { spread } from "./spread.ts";
import { synthrad2023 } from "./synthrad2023.ts";
import { synthrad2025 } from "./synthrad2025.ts";
import { wepl } from "./wepl.ts";
import { type MetricProgress, type MetricWork, ticker } from "./work.ts";

const PRESETS: Readonly<Record<MetricPreset, (work: MetricWork) => Promise<MetricReport>>> = {
  synthrad2023,
  synthrad2025,
  monai,
  slice2d,
};
/** Presets whose data range the caller may choose. */
const RANGED: ReadonlySet<MetricPreset> = new Set(["synthrad2025", "monai"]);

/** Options of `Metrics.evaluate`. */
export interface EvaluateOptions {
  /** Whose definitions to follow. There is no default: numbers of different presets can't be compared. */
  readonly preset: MetricPreset;
  /**
   * Voxels above 0 count. `synthrad2023`, `synthrad2025`: the voxels to score; without it all voxels are. `slice2d`: the body
   * that chooses the slices; without it the body of the reference does. `monai`: outside it both images are set to the low
   * end of the data range, and still everything counts, as MONAI's metrics take no mask. With a name (`{ volume, name }`) reports say that as
   * their mask rule.
   */
  readonly mask?: MetricMask;
  /**
   * HU that values are clipped to before PSNR, SSIM and MS-SSIM (`monai`: before all); the width is their data range. Only where
   * the definition leaves it open: `synthrad2025`, default [-1024, 3071], and `monai`, default [-1024, 3000].
   */
  readonly dataRange?: readonly [low: number, high: number];
  /** Classes of the reference's HU to report errors of, from low to high without gaps. Default {@link DENSITY_CLASSES}. */
  readonly classes?: readonly DensityClass[];
  readonly signal?: AbortSignal;
  /** Slices done, of all. */
  readonly onProgress?: (progress: MetricProgress) => void;
}

/**
 * Compares a synthetic CT with the real one.
 *
 * @param prediction synthetic CT in HU
 * @param reference CT in HU on the same grid (voxel axes may be permuted or flipped: both are brought to RAS)
 * @throws MidashError `invalid-argument` for other units, an empty mask, non-finite voxels or an unknown preset;
 *   `grid-mismatch`; `aborted`
 *
 * All arithmetic is in Float64. Memory: a byte per voxel for the mask, and a few slices.
 */
async function evaluate(
  prediction: Volume,
  reference: Volume,
  options: EvaluateOptions,
): Promise<MetricReport> {
  const where = { call: "Metrics.evaluate" };
  const preset = options?.preset;
  if (!Object.hasOwn(PRESETS, preset))
    fail("invalid-argument", `unknown preset ${JSON.stringify(preset)}`, {
      where,
      hint: `known are ${Object.keys(PRESETS).join(", ")}`,
    });
  const { classes = DENSITY_CLASSES, dataRange } = options;
  assertDensityClasses(classes, { ...where, option: "classes" });
  if (dataRange !== undefined) assertRange(dataRange, preset);
  // Whole slices count in slice2d, whatever the mask.
  const pair = comparedPair(prediction, reference, options.mask, where, { everywhere: preset === "slice2d" });
  const tick = ticker(options.signal, options.onProgress);
  return PRESETS[preset]({ ...pair, classes, dataRange, tick });
}

function assertRange(range: readonly [number, number], preset: MetricPreset): void {
  const where = { call: "Metrics.evaluate", option: "dataRange" };
  assert(RANGED.has(preset), `the data range of ${preset} is part of its definition`, {
    where,
    hint: `leave it out, or take another preset: ${[...RANGED].join(", ")}`,
  });
  assert(
    Array.isArray(range) && range.length === 2 && range.every(Number.isFinite) && range[0] < range[1],
    `must be two finite HU, low and high, got ${JSON.stringify(range)}`,
    { where },
  );
}

/**
 * Metrics of synthetic CT.
 *
 * @example
 * const report = await Metrics.evaluate(sct, ct, { mask, preset: "synthrad2023" });
 * report.mae.value; // HU
 * const cohort = Metrics.averageReports(reports);
 */
export const Metrics = Object.freeze({
  /** Scores a synthetic CT against the CT of the same grid. */
  evaluate,
  /** The mean of each metric over the cases of a cohort. */
  averageReports,
  /** Dice, HD95 and mean surface distance of label volumes. */
  labels: scoreLabels,
  /** Dice of bone for a sweep of thresholds. */
  boneDice,
  /** Error in relative electron density. */
  electronDensity,
  /** Differences in water-equivalent path length along rays from many angles. */
  wepl,
  /** Whether a map of spread shows where the error is. */
  spread,
});
