/** Voxels into classes: by density. */
export { Classifier } from "./classifier.ts";
export type {
  Classification,
  ClassSummary,
  DensityClassifier,
  DensityOptions,
} from "./density-classifier.ts";
