/** Teaching models: cases, datasets and splits, the training loop with checkpoints. */
export type { BestEpoch, EpochRecord, RateChange } from "./checkpoint.ts";
export { assertConfig, defineConfig, type MidashConfig, type TrainConfig } from "./config.ts";
export type { FitOptions, Steering, SteerNow } from "./fit-options.ts";
export { DEFAULT_NORMALIZERS, type TrainerOptions, type TrainerParts } from "./options.ts";
export { planPreparation } from "./plan-preparation.ts";
export { memoryRunStore, type RunStore } from "./run-store.ts";
export { takenOver } from "./take-over.ts";
export type { EndReason, TrainEvent } from "./train-event.ts";
export {
  type GivenValues,
  type PartKind,
  recordedOptions,
  type TrainOption,
  type TrainOptionTable,
} from "./train-option.ts";
export { TRAIN_OPTIONS, TRAINER_OPTIONS } from "./train-options.ts";
export { Trainer } from "./trainer.ts";
export { mae, type Watch, type Watched } from "./watch.ts";
