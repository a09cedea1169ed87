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
  assertDims,
  type Plan,
  type Prepared,
  planOf,
  prepareInputs,
  type Step,
  stepsOf,
} from "./preprocess.ts";
export type { Blend } from "./samples/blend.ts";
export type { PatchOptions } from "./samples/patch-options.ts";
export type {
  Assembler,
  AssemblerOptions,
  CutOptions,
  Place,
  PlacedBatch,
  Sampler,
  SamplerType,
} from "./samples/sampler.ts";
export { parseSampler, samplerTypes } from "./samples/sampler-types.ts";
export type { SliceAxis, SliceFit, SliceOptions } from "./samples/slice-options.ts";
export { Slicer } from "./samples/slicer.ts";
export type { SubjectImage } from "./subject.ts";
