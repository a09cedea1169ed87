/** Teaching models: cases, datasets and splits, the training loop with checkpoints. */
export { type Case, type VolumeRef, volumeRef } from "./case.ts";
export type { EpochRecord } from "./checkpoint.ts";
export { Dataset, type DatasetOptions, type DatasetParts, type SplitShares } from "./dataset.ts";
export { Optimizers } from "./optimizers.ts";
export { DEFAULT_NORMALIZERS, type TrainerOptions } from "./options.ts";
export { type PhantomDatasetOptions, phantomDataset } from "./phantom-dataset.ts";
export { loadCase } from "./prepare-case.ts";
export { memoryRunStore, type RunStore } from "./run-store.ts";
export { fitLookup, type ScoredCase, type ScoredVolumes, type ScoreOptions, scoreCases } from "./score.ts";
export { type SlabOptions, slabDataset } from "./slabs.ts";
export type { TrainEvent } from "./train-event.ts";
export { type FitOptions, Trainer } from "./trainer.ts";
