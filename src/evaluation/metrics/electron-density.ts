import { assert, type ErrorSubject } from "../../base/errors/index.ts";
import { DENSITY_TABLES, type DensityTable, densityOf } from "../../imaging/hounsfield/index.ts";
import type { Volume } from "../../imaging/volume/index.ts";
import { comparedPair } from "./compared-pair.ts";
import { type MetricMask, voxelsInside } from "./named-mask.ts";
import type { MetricValue } from "./report.ts";
import { type MetricProgress, readSlice, ticker } from "./work.ts";

/** What `Metrics.electronDensity` gives. Relative electron density has no unit: 1 is water. */
export interface ElectronDensityReport {
  readonly preset: "red";
  readonly simulated: boolean;
  /** Name of the table. */
  readonly table: string;
  /** Mean absolute error of relative electron density. */
  readonly mae: MetricValue;
  /** Mean error, prediction - reference. */
  readonly me: MetricValue;
}

/** Options of `Metrics.electronDensity`. */
export interface ElectronDensityOptions {
  /** Only voxels where it is above 0 count. Default: all. */
  readonly mask?: MetricMask;
  /** HU to relative electron density. Default `DENSITY_TABLES.matrad`. */
  readonly table?: DensityTable;
  readonly signal?: AbortSignal;
  /** Slices done, of all. */
  readonly onProgress?: (progress: MetricProgress) => void;
}

/**
 * The error in relative electron density, which is what photon dose depends on: 20 HU matter in soft tissue and little in dense bone.
 *
 * @throws MidashError `invalid-argument` also for a table of mass densities; `grid-mismatch`, `aborted`
 */
export async function electronDensity(
  prediction: Volume,
  reference: Volume,
  options: ElectronDensityOptions = {},
): Promise<ElectronDensityReport> {
  const where = { call: "Metrics.electronDensity" };
  const { table = DENSITY_TABLES.matrad, signal, onProgress } = options;
  const red = redFunction(table, where);
  const pair = comparedPair(prediction, reference, options.mask, where);
  const tick = ticker(signal, onProgress);
  const [nx, ny, nz] = pair.reference.shape;
  const x = new Float64Array(nx * ny);
  const y = new Float64Array(nx * ny);
  let [voxels, absolute, signed] = [0, 0, 0];
  for (let k = 0; k < nz; k++) {
    readSlice(pair.reference, k, x);
    readSlice(pair.prediction, k, y);
    for (let p = 0; p < x.length; p++) {
      if (pair.inside && !pair.inside[k * x.length + p]) continue;
      const difference = red(y[p]!) - red(x[p]!);
      voxels++;
      absolute += Math.abs(difference);
      signed += difference;
    }
    await tick(k + 1, nz);
  }
  const rule = voxelsInside(pair.maskName);
  const common = {
    preset: "red",
    dataRange: null,
    maskRule: `${rule}; HU to electron density by table ${table.name}`,
    voxels,
  } as const;
  return {
    preset: "red",
    simulated: prediction.simulated || reference.simulated,
    table: table.name,
    mae: { ...common, value: absolute / voxels },
    me: { ...common, value: signed / voxels },
  };
}

/** The function of a table of relative electron densities. */
export function redFunction(table: DensityTable, where: ErrorSubject): (hu: number) => number {
  assert(
    table.quantity === "red",
    `table "${table.name}" gives mass densities, not relative electron densities`,
    { where: { ...where, option: "table" } },
  );
  return densityOf(table, { ...where, option: "table" });
}
