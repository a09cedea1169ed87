/** Voxels into classes: by density, and by tissue of the brain; HU into electron and mass density. */
export { type BrainMaskOptions, brainMask } from "./brain/brain-mask.ts";
export { Classifier } from "./classifier.ts";
export type {
  Classification,
  ClassSummary,
  DensityClassifier,
  DensityOptions,
} from "./density-classifier.ts";
export type { TissuePriors } from "./tissue/priors.ts";
export type {
  TissueClassifier,
  TissueClassifyOptions,
  TissueInput,
  TissueResult,
  TissueSummary,
} from "./tissue/tissue-classifier.ts";
export type {
  FoundContrast,
  TissueContrast,
  TissueName,
  TissueOptions,
  TissueSettings,
} from "./tissue/tissue-options.ts";
