/** Cases, datasets and splits, and the batches that are drawn from them. */

export type { AffineOptions } from "./augmentations/affine.ts";
export type { AnisotropyOptions } from "./augmentations/anisotropy.ts";
export type { Augmentation } from "./augmentations/augmentation.ts";
export { augmentations } from "./augmentations/augmentations.ts";
export type { BiasFieldAugmentationOptions } from "./augmentations/bias-field.ts";
export type { BlurOptions } from "./augmentations/blur.ts";
export type { ContrastOptions } from "./augmentations/contrast.ts";
export type { DropInputsOptions } from "./augmentations/drop-inputs.ts";
export type { ElasticOptions } from "./augmentations/elastic.ts";
export type { FieldOfViewOptions } from "./augmentations/field-of-view.ts";
export type { FlipOptions } from "./augmentations/flip.ts";
export type { AffineMove, ElasticMove, FlipMove, Move } from "./augmentations/geometry/move.ts";
export type { GhostingOptions } from "./augmentations/ghosting.ts";
export type { HistogramOptions } from "./augmentations/histogram.ts";
export type { IntensityOptions } from "./augmentations/intensity.ts";
export type { MotionOptions } from "./augmentations/motion.ts";
export type { NoiseOptions } from "./augmentations/noise.ts";
export type { Sample, SampleInput, SampleTarget } from "./augmentations/sample.ts";
export type { RandomRange } from "./augmentations/settings.ts";
export type { BatchContext, BatchSource, BatchSourceType, EpochOptions } from "./batches/batch-source.ts";
export { batchSources } from "./batches/batch-sources.ts";
export {
  type Drawn,
  type DrawnSample,
  type LentBatch,
  type LoaderSetup,
  originsOf,
  plainLoader,
  type SampleLoader,
  type SampleThreads,
} from "./batches/loader.ts";
export { hasInputs, type TrainingCase, trainingCase } from "./batches/training-case.ts";
export { type Case, type VolumeRef, volumeRef, withoutInputs } from "./case.ts";
export { CaseCache } from "./case-cache.ts";
export { Dataset, type DatasetFacts, type DatasetOptions, type DatasetParts } from "./dataset.ts";
export { splitName, USUAL_INPUTS } from "./file-words.ts";
export { type ImageMark, type ImageMarks, isSameImage } from "./image-marks.ts";
export { type PhantomDatasetOptions, phantomDataset } from "./phantom-dataset.ts";
export { loadCase, prepareCase } from "./prepare-case.ts";
export type { PreparedCase } from "./prepared-case.ts";
export { type RandomHeadsOptions, randomHeadsDataset } from "./random-heads.ts";
export { type CacheEntry, entryFacts } from "./shards/cache-entry.ts";
export { type CacheIndex, encodeIndex, parseIndex } from "./shards/cache-index.ts";
export { encodeShard, type ShardOptions } from "./shards/encode-shard.ts";
export { drawsAlike, planeAxis } from "./shards/sample-box.ts";
export { ShardCutter, type ShardFile } from "./shards/shard-cutter.ts";
export {
  headerLength,
  parseHeader,
  SHARD_END,
  SHARD_START,
  type ShardHeader,
} from "./shards/shard-header.ts";
export { type LookUp, type LookUps, ShardMemory } from "./shards/shard-memory.ts";
export { ShardReader } from "./shards/shard-reader.ts";
export type { OpenShard, StoredCase } from "./shards/stored-case.ts";
export { type SlabOptions, slabDataset } from "./slabs.ts";
export {
  type Fold,
  isNamed,
  type LeftOutCase,
  type SplitNames,
  type SplitShares,
} from "./split.ts";
