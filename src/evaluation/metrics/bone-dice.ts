import { assert } from "../../base/errors/index.ts";
import type { Volume } from "../../imaging/volume/index.ts";
import { comparedPair } from "./compared-pair.ts";
import { type MetricMask, voxelsInside } from "./named-mask.ts";
import type { MetricValue } from "./report.ts";
import { type MetricProgress, readSlice, ticker } from "./work.ts";

/** Dice of bone above one threshold. */
export interface BoneDice {
  /** HU, included. */
  readonly threshold: number;
  readonly dice: MetricValue;
}

/** What `Metrics.boneDice` gives. */
export interface BoneDiceReport {
  readonly preset: "bone-dice";
  readonly simulated: boolean;
  /** HU, included. */
  readonly upper: number;
  /** From low to high. */
  readonly thresholds: readonly BoneDice[];
}

/** Options of `Metrics.boneDice`. */
export interface BoneDiceOptions {
  /** Only voxels where it is above 0 count. Default: all. */
  readonly mask?: MetricMask;
  /** HU. Default 100, 200, … 1000. */
  readonly thresholds?: readonly number[];
  /** Bone ends here, HU, included. Default 1500, as SlicerSyntheticCTEvaluation; Infinity keeps teeth, petrous bone and metal. */
  readonly upper?: number;
  readonly signal?: AbortSignal;
  /** Slices done, of all. */
  readonly onProgress?: (progress: MetricProgress) => void;
}

const THRESHOLDS = Array.from({ length: 10 }, (_, n) => 100 * (n + 1));

/**
 * Dice of "bone", threshold ≤ HU ≤ upper, for a sweep of thresholds: whether dense and spongy bone are where they should be
 * (the thresholds of SlicerSyntheticCTEvaluation, Zaffino and Spadea).
 *
 * @throws MidashError `invalid-argument`, `grid-mismatch`, `aborted` as `Metrics.evaluate`
 */
export async function boneDice(
  prediction: Volume,
  reference: Volume,
  options: BoneDiceOptions = {},
): Promise<BoneDiceReport> {
  const where = { call: "Metrics.boneDice" };
  const { thresholds = THRESHOLDS, upper = 1500, signal, onProgress } = options;
  const sorted = [...thresholds].sort((a, b) => a - b);
  assert(sorted.length > 0, "needs at least one threshold", { where });
  for (const t of sorted)
    assert(Number.isFinite(t) && t <= upper, `thresholds must be HU up to ${upper}, got ${t}`, { where });
  const pair = comparedPair(prediction, reference, options.mask, where);
  const tick = ticker(signal, onProgress);
  const [nx, ny, nz] = pair.reference.shape;
  const x = new Float64Array(nx * ny);
  const y = new Float64Array(nx * ny);
  // Voxels by the number of thresholds that they reach: what a threshold holds is what lies at it and above.
  const counts = [0, 1, 2].map(() => new Float64Array(sorted.length + 1));
  const [inX, inY, inBoth] = counts as [Float64Array, Float64Array, Float64Array];
  const reached = (hu: number) => {
    if (!(hu <= upper)) return 0;
    let n = 0;
    while (n < sorted.length && hu >= sorted[n]!) n++;
    return n;
  };
  for (let k = 0; k < nz; k++) {
    readSlice(pair.reference, k, x);
    readSlice(pair.prediction, k, y);
    for (let p = 0; p < x.length; p++) {
      if (pair.inside && !pair.inside[k * x.length + p]) continue;
      const a = reached(x[p]!);
      const b = reached(y[p]!);
      inX[a]!++;
      inY[b]!++;
      inBoth[Math.min(a, b)]!++;
    }
    await tick(k + 1, nz);
  }
  for (const count of counts) for (let n = sorted.length - 1; n >= 0; n--) count[n]! += count[n + 1]!;
  const rule = voxelsInside(pair.maskName);
  return {
    preset: "bone-dice",
    simulated: prediction.simulated || reference.simulated,
    upper,
    thresholds: sorted.map((threshold, n) => {
      const voxels = inX[n + 1]! + inY[n + 1]!;
      const range = upper === Number.POSITIVE_INFINITY ? `HU ≥ ${threshold}` : `${threshold} ≤ HU ≤ ${upper}`;
      return {
        threshold,
        dice: {
          preset: "bone-dice",
          dataRange: null,
          maskRule: `${rule}; ${range}`,
          voxels,
          value: (2 * inBoth[n + 1]!) / voxels,
          ...(voxels > 0 ? {} : { why: `neither volume has a voxel of ${range}` }),
        },
      };
    }),
  };
}
