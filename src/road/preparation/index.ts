/** From files to what a model sees, and back: subjects, the steps that they go through, normalizers, samples. */
export { cleanInput } from "./clean-input.ts";
export { Normalizer, type NormalizerJson } from "./normalizer.ts";
export type {
  Interval,
  MinmaxOptions,
  NormalizerSpec,
  PercentileOptions,
  WindowOptions,
  ZscoreOptions,
} from "./normalizer-options.ts";
export type { Output, Outputs } from "./outputs.ts";
export {
  assertPreparation,
  definePreparation,
  type Preparation,
  type PreparationJson,
  parsePreparation,
  stepTypes,
  usualSteps,
} from "./preparation.ts";
export { backwardSteps, type Forwarded, forwardSteps, gridAfter } from "./run-steps.ts";
export { assertChannels, assertDims } from "./sample-checks.ts";
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
export type { SliceFit, SliceOptions } from "./samples/slice-options.ts";
export { Slicer } from "./samples/slicer.ts";
export type { Step, StepContext, StepJson, StepType } from "./step.ts";
export { type BiasFieldStepOptions, biasField } from "./steps/bias-field.ts";
export { type NormaliseOptions, normalise } from "./steps/normalise.ts";
export { orient } from "./steps/orient.ts";
export {
  MAX_OBLIQUITY,
  SPACING_LIMITS,
  type SpacingLimits,
  type SpacingOptions,
  spacing,
} from "./steps/spacing.ts";
export {
  assertFinite,
  type InputSpec,
  mapValues,
  type Subject,
  type SubjectImage,
  subjectOf,
  type TargetImage,
} from "./subject.ts";
