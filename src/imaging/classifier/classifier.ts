import { DensityClassifier, type DensityOptions } from "./density-classifier.ts";
import { TissueClassifier } from "./tissue/tissue-classifier.ts";
import type { TissueOptions } from "./tissue/tissue-options.ts";

/**
 * Makes classifiers.
 *
 * @example
 * const { labels, table } = await Classifier.density().classify(sct);
 */
export const Classifier = Object.freeze({
  /** By HU alone; the classes are air, fat, soft tissue and bone unless others are given. */
  density(options: DensityOptions = {}): DensityClassifier {
    return new DensityClassifier(options);
  },
  /** By MR: CSF, grey and white matter of the brain. */
  tissue(options: TissueOptions = {}): TissueClassifier {
    return new TissueClassifier(options);
  },
});
