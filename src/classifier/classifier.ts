import { DensityClassifier, type DensityOptions } from "./density-classifier.ts";

/**
 * Makes classifiers.
 *
 * @example
 * const { labels, table } = await Classifier.density().classify(sct);
 */
export const Classifier = Object.freeze({
  /** By HU alone: air, fat, soft tissue and bone unless told otherwise. */
  density(options: DensityOptions = {}): DensityClassifier {
    return new DensityClassifier(options);
  },
});
