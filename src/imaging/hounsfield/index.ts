/** What Hounsfield units mean: air, density classes, electron and mass density, display windows. */
export { AIR_HU } from "./air.ts";
export { assertDensityClasses, DENSITY_CLASSES, type DensityClass } from "./density-classes.ts";
export {
  assertDensityTable,
  DENSITY_TABLES,
  type DensityPoint,
  type DensityTable,
  densityOf,
} from "./density-table.ts";
export { type DensityVolumeOptions, massDensity, relativeElectronDensity } from "./density-volume.ts";
export { doubtHu, lookAtHu, looksLikeCt, takenForHu } from "./look-at-hu.ts";
export { parseDensityClasses } from "./parse-density-classes.ts";
export { type ParseTableOptions, parseRedTable } from "./parse-density-table.ts";
export { HU_WINDOWS, type HuWindow } from "./windows.ts";
