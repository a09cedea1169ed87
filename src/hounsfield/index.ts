/** What Hounsfield units mean: density classes and display windows. */
export { assertDensityClasses, DENSITY_CLASSES, type DensityClass } from "./density-classes.ts";
export { HU_WINDOWS, type HuWindow } from "./windows.ts";
