import { assert, breathe, type ErrorSubject, throwIfAborted } from "../../base/errors/index.ts";
import type { Volume } from "../volume/index.ts";
import { DENSITY_TABLES, type DensityTable, densityOf } from "./density-table.ts";

/** Options of {@link relativeElectronDensity} and {@link massDensity}. */
export interface DensityVolumeOptions {
  /** HU to density; `parseRedTable` reads one. Default `DENSITY_TABLES.matrad` (electrons) or `.schneider` (mass). */
  readonly table?: DensityTable;
  readonly signal?: AbortSignal;
}

/**
 * A CT or synthetic CT as relative electron density: Float32 on the same grid, 1 is water; NaN stays NaN. `meta` says what it is and by which table, and files keep that.
 *
 * @throws MidashError `invalid-argument` when the volume is not in HU or the table gives mass densities; `aborted`
 */
export function relativeElectronDensity(ct: Volume, options: DensityVolumeOptions = {}): Promise<Volume> {
  const { table = DENSITY_TABLES.matrad, signal } = options;
  return densityVolume(ct, table, "red", { call: "relativeElectronDensity" }, signal);
}

/** As {@link relativeElectronDensity}, in g/cm³. */
export function massDensity(ct: Volume, options: DensityVolumeOptions = {}): Promise<Volume> {
  const { table = DENSITY_TABLES.schneider, signal } = options;
  return densityVolume(ct, table, "mass", { call: "massDensity" }, signal);
}

const QUANTITIES = { red: "relative electron density, water = 1", mass: "mass density, g/cm³" } as const;

async function densityVolume(
  ct: Volume,
  table: DensityTable,
  quantity: DensityTable["quantity"],
  where: ErrorSubject,
  signal: AbortSignal | undefined,
): Promise<Volume> {
  assert(ct.unit === "HU", `needs a CT in HU, this volume's unit is "${ct.unit}"`, { where });
  assert(
    table.quantity === quantity,
    `table "${table.name}" gives ${QUANTITIES[table.quantity]}, not ${QUANTITIES[quantity]}`,
    { where: { ...where, option: "table" } },
  );
  const density = densityOf(table, { ...where, option: "table" });
  throwIfAborted(signal);
  const { data: stored, scaling } = ct;
  const data = new Float32Array(ct.size);
  const plane = ct.shape[0] * ct.shape[1];
  for (let k = 0; k < ct.shape[2]; k++) {
    if (k % 32 === 31) await breathe(signal);
    for (let i = k * plane; i < (k + 1) * plane; i++)
      data[i] = density(scaling.slope * stored[i]! + scaling.intercept);
  }
  return ct.with({ data, unit: "unknown", meta: { quantity: QUANTITIES[quantity], table: table.name } });
}
