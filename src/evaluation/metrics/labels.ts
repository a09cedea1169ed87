import { mapInto } from "../../base/bytes/index.ts";
import { assert, type ErrorSubject, throwIfAborted } from "../../base/errors/index.ts";
import { assertSameGrid, type Volume } from "../../imaging/volume/index.ts";
import { assertPerpendicular } from "./perpendicular.ts";
import type { MetricValue } from "./report.ts";
import { boxOfLabel, type LabelBox, surfaceDistances } from "./surface.ts";
import { type MetricProgress, ticker } from "./work.ts";

/** How well one label was met. */
export interface LabelScore {
  readonly label: number;
  /** Of the reference's `meta.labels`, where it has one. */
  readonly name?: string;
  /** 2 |A ∩ B| / (|A| + |B|), 0 to 1. */
  readonly dice: MetricValue;
  /** 95th percentile of the distances from each surface to the other, the larger of the two directions, mm. */
  readonly hd95: MetricValue;
  /** Mean of the distances from both surfaces to the other (average symmetric surface distance), mm. */
  readonly msd: MetricValue;
}

/** What `Metrics.labels` gives. */
export interface LabelReport {
  readonly preset: "labels";
  readonly simulated: boolean;
  /** From low to high label. */
  readonly labels: readonly LabelScore[];
}

/** Options of `Metrics.labels`. */
export interface LabelOptions {
  /** Which labels to score. Default: all but 0 that the reference has. */
  readonly labels?: readonly number[];
  readonly signal?: AbortSignal;
  /** Labels done, of all. */
  readonly onProgress?: (progress: MetricProgress) => void;
}

/**
 * Overlap and surface distances of two label volumes, label by label: what MONAI's `DiceMetric`, `HausdorffDistanceMetric`
 * (percentile 95) and `SurfaceDistanceMetric` (symmetric) give with the volume's spacing. A surface is made of the voxels of a label that
 * touch another one, or the volume's end, by a face; distances are exact, between voxel centres.
 *
 * A label that is missing from both volumes has no Dice, one that is missing from either has no distances: they are NaN,
 * and `why` says so (MONAI gives 0, NaN or infinity there, by version).
 *
 * @param prediction whole numbers on the grid of the reference
 * @throws MidashError `grid-mismatch`; `invalid-argument` for values that are no labels, and grids whose axes are not perpendicular;
 *   `aborted`
 */
export async function scoreLabels(
  prediction: Volume,
  reference: Volume,
  options: LabelOptions = {},
): Promise<LabelReport> {
  const where = { call: "Metrics.labels" };
  const { signal, onProgress } = options;
  assertSameGrid(prediction, reference, ["prediction", "reference"], where);
  assertPerpendicular(reference, where);
  const a = labelValues(prediction, "prediction", where);
  const b = labelValues(reference, "reference", where);
  const chosen = options.labels ?? labelsOf(b);
  for (const label of chosen)
    assert(Number.isInteger(label), `labels are whole numbers, got ${label}`, {
      where: { ...where, option: "labels" },
    });
  assert(chosen.length > 0, "the reference holds no label but 0", {
    where,
    hint: "choose labels by `labels`",
  });
  throwIfAborted(signal);
  const names = (reference.meta.labels ?? {}) as Readonly<Record<string, unknown>>;
  const tick = ticker(signal, onProgress);
  const scores: LabelScore[] = [];
  for (const label of [...new Set(chosen)].sort((x, y) => x - y)) {
    const name = names[String(label)];
    const score = scoreLabel(a, b, label, reference);
    scores.push({ label, ...(typeof name === "string" ? { name } : {}), ...score });
    await tick(scores.length, chosen.length);
  }
  return {
    preset: "labels",
    simulated: prediction.simulated || reference.simulated,
    labels: scores,
  };
}

/** Scores of one label of two arrays on the grid of `grid`. */
function scoreLabel(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  label: number,
  grid: Volume,
): Pick<LabelScore, "dice" | "hd95" | "msd"> {
  const box = boxOfLabel(a, b, label, grid.shape);
  const { voxels, dice } = diceOf(box);
  const common = { preset: "labels", dataRange: null, maskRule: `label ${label}` } as const;
  const missing = [box.inA > 0 ? [] : ["prediction"], box.inB > 0 ? [] : ["reference"]].flat();
  const lacks =
    missing.length > 0 ? { why: `label ${label} is not in the ${missing.join(" and the ")}` } : {};
  const overlap = { ...common, value: dice, voxels, ...(missing.length === 2 ? lacks : {}) };
  const inMm = { ...common, unit: "mm", maskRule: `surface of label ${label}` } as const;
  if (missing.length > 0) {
    const none = { ...inMm, value: Number.NaN, voxels: 0, ...lacks };
    return { dice: overlap, hd95: none, msd: none };
  }
  const { toB, toA } = surfaceDistances(box, grid.spacing);
  const mean = (sum(toA) + sum(toB)) / (toA.length + toB.length);
  const surface = toA.length + toB.length;
  return {
    dice: overlap,
    hd95: { ...inMm, value: Math.max(percentile95(toA), percentile95(toB)), voxels: surface },
    msd: { ...inMm, value: mean, voxels: surface },
  };
}

/** NaN where neither has a voxel. */
function diceOf({ inA, inB, both }: LabelBox): { readonly dice: number; readonly voxels: number } {
  return { dice: (2 * both) / (inA + inB), voxels: inA + inB };
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const v of values) total += v;
  return total;
}

/** Sorts in place. */
function percentile95(values: Float64Array): number {
  values.sort();
  const place = (values.length - 1) * 0.95;
  const low = Math.floor(place);
  const high = Math.min(low + 1, values.length - 1);
  return values[low]! + (values[high]! - values[low]!) * (place - low);
}

/** The values through their scaling; the stored array where that changes nothing. */
function labelValues({ data, scaling }: Volume, name: string, where: ErrorSubject): ArrayLike<number> {
  const { slope, intercept } = scaling;
  const plain = slope === 1 && intercept === 0;
  const values: ArrayLike<number> = plain
    ? data
    : mapInto(new Float64Array(data.length), data as ArrayLike<number>, (v) => slope * v + intercept);
  if (!plain || data instanceof Float32Array || data instanceof Float64Array)
    for (let i = 0; i < values.length; i++)
      assert(Number.isInteger(values[i]), `the ${name} holds ${values[i]}, labels are whole numbers`, {
        where,
        hint: "give label volumes, not probabilities",
      });
  return values;
}

function labelsOf(values: ArrayLike<number>): number[] {
  const seen = new Set<number>();
  let last = 0;
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!;
    if (v !== last) {
      seen.add(v);
      last = v;
    }
  }
  seen.delete(0);
  return [...seen];
}
