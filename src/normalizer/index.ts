/** Intensities into a network's range and back: fit, apply, invert, JSON. */
export { Normalizer, type NormalizerJson } from "./normalizer.ts";
export type {
  BiasFieldOption,
  FilledOptions,
  Interval,
  MinmaxOptions,
  NormalizerSpec,
  PercentileOptions,
  WindowOptions,
  ZscoreOptions,
} from "./options.ts";
