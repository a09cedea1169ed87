/** Intensities into a network's range and back: fit, apply, invert, JSON. */
export {
  fromModelGrid,
  MAX_OBLIQUITY,
  type ModelGrid,
  modelGridOf,
  SPACING_LIMITS,
  type SpacingLimits,
  toModelGrid,
} from "./model-grid.ts";
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
} from "./normalizer-options.ts";
export {
  assertChannels,
  assertSlices,
  type Plan,
  type Prepared,
  planOf,
  prepareInputs,
  type Step,
  stepsOf,
} from "./preprocess.ts";
export { Assembler } from "./samples/assembler.ts";
export type { SampleBatch, SliceRequest } from "./samples/sample-batch.ts";
export type { SliceAxis, SliceFit, SliceOptions, SlicerJson } from "./samples/slice-options.ts";
export { Slicer } from "./samples/slicer.ts";
export type { Blend } from "./samples/tiles.ts";
