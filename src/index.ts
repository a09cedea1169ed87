/**
 * MR volumes to synthetic CT: volumes in space, normalising and slicing, a trainable U-Net, metrics and tissue classes.
 * Runs in Node and browsers; paths and files are in `@midash/core/node`. Research software, not a medical device.
 *
 * @example
 * import { decodeModel, decodeVolume, encodeVolume, Synthesizer } from "@midash/core";
 * import { wasm } from "@midash/core/backends/wasm";
 *
 * const mr = await decodeVolume(mrBytes);
 * const synthesizer = new Synthesizer(decodeModel(modelBytes), { backend: wasm() });
 * const { sct } = await synthesizer.run(mr);
 * const file = await encodeVolume(sct, { format: "nifti", gzip: true });
 *
 * @packageDocumentation
 */
export { type Backend, type Capabilities, openTfSession, type Session, type Tf } from "./backends/index.ts";
export {
  type Classification,
  Classifier,
  type ClassSummary,
  type DensityClassifier,
  type DensityOptions,
} from "./classifier/index.ts";
export { type ErrorKind, isUserError, MidashError } from "./errors/index.ts";
export {
  type DecodeOptions,
  decodeVolume,
  type EncodeOptions,
  encodeVolume,
  type FormatReadOptions,
  type FormatWriteOptions,
  type Limits,
  nifti,
  type Source,
  type VolumeFormat,
} from "./formats/index.ts";
export { DENSITY_CLASSES, type DensityClass, HU_WINDOWS, type HuWindow } from "./hounsfield/index.ts";
export {
  averageReports,
  type EvaluateOptions,
  LookupBaseline,
  type LookupPair,
  METRIC_NAMES,
  type MetricPreset,
  type MetricProgress,
  type MetricReport,
  Metrics,
  type MetricValue,
} from "./metrics/index.ts";
export {
  type AdamOptions,
  type CreateOptions,
  Diffusion,
  type DiffusionConfig,
  defineModel,
  isTrainable,
  type Json,
  type Loss,
  losses,
  type Model,
  type ModelConfig,
  type ModelDefinition,
  type ModelFactory,
  type ModelSpec,
  type ModelState,
  type NamedArray,
  type NamedArrays,
  type NamedLosses,
  Pix2Pix,
  type Pix2PixConfig,
  type PredictOptions,
  type SampleSpec,
  type Scalar,
  type Tensor,
  type TrainableModel,
  type TrainStep,
  UNet,
  type UNetConfig,
  type Variable,
} from "./models/index.ts";
export {
  type Interval,
  type MinmaxOptions,
  Normalizer,
  type NormalizerJson,
  type NormalizerSpec,
  type PercentileOptions,
  type WindowOptions,
  type ZscoreOptions,
} from "./normalizer/index.ts";
export { type Option, type OptionTable, type OptionValues, option } from "./options/index.ts";
export {
  CONTRASTS,
  type Contrast,
  type ContrastName,
  HEAD_TISSUES,
  HeadLabel,
  headTissueTable,
  inversionRecovery,
  nullingTime,
  type ParametricHeadOptions,
  type PhantomSubject,
  type PhantomSubjectOptions,
  parametricHead,
  phantomSubject,
  type Relaxation,
  type SimulatedImages,
  type SimulateOptions,
  signalOf,
  simulateFromLabels,
  spinEcho,
  type Tissue,
  type TissueMixture,
  type TissueTable,
  tissueTableForHeadLabels,
} from "./phantom/index.ts";
export { definePlugin, type Plugin, type Registered, Registry } from "./plugin/index.ts";
export { Random, type RandomState } from "./random/index.ts";
export {
  type Batch,
  type Blend,
  type PairedBatch,
  type SampleBatch,
  type SliceAxis,
  type SliceFit,
  type SliceOptions,
  type SliceRequest,
  Slicer,
  type SlicerJson,
} from "./slicer/index.ts";
export {
  type Background,
  decodeModel,
  encodeModel,
  MAX_OBLIQUITY,
  type ModelBundle,
  type ModelGrid,
  type Plan,
  type Progress,
  type Provenance,
  planOf,
  SPACING_LIMITS,
  type SpacingLimits,
  type Step,
  type SynthesisOptions,
  type SynthesisResult,
  Synthesizer,
  type SynthesizerOptions,
  stepsOf,
} from "./synthesis/index.ts";
export {
  type Case,
  Dataset,
  type DatasetOptions,
  type DatasetParts,
  DEFAULT_NORMALIZERS,
  type EpochRecord,
  type FitOptions,
  fitLookup,
  memoryRunStore,
  type PhantomDatasetOptions,
  phantomDataset,
  type RunStore,
  type ScoredCase,
  type ScoredVolumes,
  type ScoreOptions,
  type SlabOptions,
  type SplitShares,
  scoreCases,
  slabDataset,
  type TrainEvent,
  Trainer,
  type TrainerOptions,
  type VolumeRef,
  volumeRef,
} from "./training/index.ts";
export {
  type Affine,
  affineFromSpacing,
  applyAffine,
  assertSameGrid,
  type BodyMaskOptions,
  bodyMask,
  cropOrPad,
  describeGrid,
  dilateMask,
  extract,
  type ForegroundMaskOptions,
  foregroundMask,
  type Grid,
  type Interpolation,
  invertAffine,
  multiplyAffines,
  orientationOf,
  percentiles,
  type ResampleOptions,
  reorient,
  resample,
  type Scaling,
  type Statistics,
  sameGrid,
  spacingOf,
  statistics,
  type Triple,
  type Unit,
  Volume,
  type VolumeData,
  type VolumeInit,
} from "./volume/index.ts";
