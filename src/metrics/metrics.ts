import { assert, fail } from "../errors/index.ts";
import { assertSameGrid, maskBytes, reorient, type Volume } from "../volume/index.ts";
import { averageReports } from "./average.ts";
import type { MetricPreset, MetricReport } from "./report.ts";
import { slice2d } from "./slice2d.ts";
import { synthrad2023 } from "./synthrad2023.ts";
import { type MetricProgress, type MetricWork, ticker } from "./work.ts";

const PRESETS: Readonly<Record<MetricPreset, (work: MetricWork) => Promise<MetricReport>>> = {
  synthrad2023,
  slice2d,
};

/** Options of `Metrics.evaluate`. */
export interface EvaluateOptions {
  /** Whose definitions to follow. There is no default: numbers of different presets can't be compared. */
  readonly preset: MetricPreset;
  /**
   * Voxels above 0 count. `synthrad2023`: the voxels to score; without it all voxels are. `slice2d`: the body that chooses
   * the slices; without it the body of the reference does.
   */
  readonly mask?: Volume;
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
  const where = "Metrics.evaluate";
  const preset = options?.preset;
  if (!Object.hasOwn(PRESETS, preset))
    fail(
      "invalid-argument",
      `unknown preset ${JSON.stringify(preset)}`,
      where,
      `known are ${Object.keys(PRESETS).join(", ")}`,
    );
  for (const [name, volume] of Object.entries({ prediction, reference }))
    assert(
      volume.unit === "HU",
      `the ${name} must be in HU, its unit is "${volume.unit}"`,
      where,
      'if its values are HU, say so: volume.with({ unit: "HU" })',
    );
  const work = {
    prediction: reorient(prediction),
    reference: reorient(reference),
    mask: options.mask && reorient(options.mask),
  };
  assertSameGrid(work.prediction, work.reference, ["prediction", "reference"], where);
  if (work.mask) assertSameGrid(work.mask, work.reference, ["mask", "reference"], where);
  assertFinite(work.prediction, "prediction", preset === "slice2d" ? undefined : work.mask);
  assertFinite(work.reference, "reference", preset === "slice2d" ? undefined : work.mask);
  return PRESETS[preset]({ ...work, tick: ticker(options.signal, options.onProgress) });
}

function assertFinite(volume: Volume, name: string, mask: Volume | undefined): void {
  if (!(volume.data instanceof Float32Array || volume.data instanceof Float64Array)) return;
  const inside = mask && maskBytes(mask);
  let bad = 0;
  for (let i = 0; i < volume.data.length; i++)
    if (!Number.isFinite(volume.data[i]!) && (!inside || inside[i])) bad++;
  assert(bad === 0, `${bad} voxels of the ${name} are NaN or infinite`, "Metrics.evaluate");
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
});
