/** Voxels into classes, by density; HU into electron and mass density. */
export { Classifier } from "./classifier.ts";
export type {
  Classification,
  ClassSummary,
  DensityClassifier,
  DensityOptions,
} from "./density-classifier.ts";
export { type DensityVolumeOptions, massDensity, relativeElectronDensity } from "./density-volume.ts";
