import { assert } from "../../base/errors/index.ts";
import { assertSameGrid, reorient, type Volume } from "../../imaging/volume/index.ts";
import { assertFinite, comparedPair } from "./compared-pair.ts";
import { meanRanks, pearson } from "./correlation.ts";
import { type MetricMask, voxelsInside } from "./named-mask.ts";
import type { MetricValue } from "./report.ts";
import { type MetricProgress, readSlice, ticker } from "./work.ts";

/** What `Metrics.spread` gives. */
export interface SpreadReport {
  readonly preset: "spread";
  readonly simulated: boolean;
  /** Pearson's r of the spread and the absolute error, -1 to 1. Large errors, such as those of bone's edges, weigh most. */
  readonly pearson: MetricValue;
  /** Spearman's rank correlation of the two, -1 to 1: whether more spread means more error, by whatever law. */
  readonly spearman: MetricValue;
  /** Mean of the spread, HU: beside the MAE it says whether it is too small. */
  readonly mean: MetricValue;
}

/** Options of `Metrics.spread`. */
export interface SpreadOptions {
  /** Only voxels where it is above 0 count. Default: all. */
  readonly mask?: MetricMask;
  readonly signal?: AbortSignal;
  /** Slices done, of all. */
  readonly onProgress?: (progress: MetricProgress) => void;
}

/**
 * Whether a map of spread (of an ensemble, of mirrored images, of repeated draws; or a model's own scale) shows where a synthetic CT is wrong: its
 * correlations with the absolute error, voxel by voxel. They say nothing of its size, and in a mask with much air around the head they are
 * flattering, since there both are small.
 *
 * @param spread in HU, 0 or more, on the grid of the reference: `maps.spread` of a `SynthesisResult`
 * @throws MidashError `invalid-argument` also for a spread below 0; `grid-mismatch`, `aborted`
 */
export async function spread(
  prediction: Volume,
  reference: Volume,
  spread: Volume,
  options: SpreadOptions = {},
): Promise<SpreadReport> {
  const where = { call: "Metrics.spread" };
  const { signal, onProgress } = options;
  const pair = comparedPair(prediction, reference, options.mask, where);
  const map = reorient(spread);
  const ofMap = { ...where, option: "spread" };
  assert(map.unit === "HU", `must be in HU, its unit is "${map.unit}"`, {
    where: ofMap,
    hint: 'if its values are HU, say so: volume.with({ unit: "HU" })',
  });
  assertSameGrid(map, pair.reference, ["spread", "reference"], where);
  assertFinite(map, pair.inside, ofMap);
  const tick = ticker(signal, onProgress);
  const [nx, ny, nz] = pair.reference.shape;
  const slice = { x: new Float64Array(nx * ny), y: new Float64Array(nx * ny), s: new Float64Array(nx * ny) };
  const voxels = pair.inside ? pair.inside.reduce((n, v) => n + v, 0) : nx * ny * nz;
  const errors = new Float64Array(voxels);
  const spreads = new Float64Array(voxels);
  let n = 0;
  let sum = 0;
  for (let k = 0; k < nz; k++) {
    readSlice(pair.reference, k, slice.x);
    readSlice(pair.prediction, k, slice.y);
    readSlice(map, k, slice.s);
    for (let p = 0; p < nx * ny; p++) {
      if (pair.inside && !pair.inside[k * nx * ny + p]) continue;
      errors[n] = Math.abs(slice.y[p]! - slice.x[p]!);
      spreads[n] = slice.s[p]!;
      sum += slice.s[p]!;
      assert(slice.s[p]! >= 0, `holds ${slice.s[p]}, and a spread is 0 or more`, {
        where: ofMap,
        hint: "give the map that synthesis wrote",
      });
      n++;
    }
    await tick(k + 1, nz);
  }
  const common = {
    preset: "spread",
    dataRange: null,
    maskRule: `${voxelsInside(pair.maskName)}; the spread against the absolute error`,
    voxels,
  } as const;
  const of = (value: number): MetricValue => ({
    ...common,
    value,
    ...(Number.isNaN(value) ? { why: "the spread or the error is the same everywhere" } : {}),
  });
  const linear = pearson(spreads, errors);
  await tick(nz, nz);
  return {
    preset: "spread",
    simulated: prediction.simulated || reference.simulated,
    pearson: of(linear),
    spearman: of(pearson(meanRanks(spreads), meanRanks(errors))),
    mean: { ...common, maskRule: voxelsInside(pair.maskName), unit: "HU", value: sum / voxels },
  };
}
