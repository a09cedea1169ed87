/** What Hounsfield units mean: air, density classes and display windows. */
export { AIR_HU } from "./air.ts";
export { assertDensityClasses, DENSITY_CLASSES, type DensityClass } from "./density-classes.ts";
export { HU_WINDOWS, type HuWindow } from "./windows.ts";
