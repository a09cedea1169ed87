/** Teaching models: cases, datasets and splits, the training loop with checkpoints. */
export type { EpochRecord } from "./checkpoint.ts";
export { assertConfig, defineConfig, type MidashConfig, type TrainConfig } from "./config.ts";
export { DEFAULT_NORMALIZERS, type TrainerOptions } from "./options.ts";
export { memoryRunStore, type RunStore } from "./run-store.ts";
export type { TrainEvent } from "./train-event.ts";
export { type FitOptions, Trainer } from "./trainer.ts";
