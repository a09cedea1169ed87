/** What learning needs besides a network: losses, optimizers and schedules as values, and weights as named arrays. */
export { type AdamOptions, type AdamWOptions, adam } from "./adam.ts";
export type { Json, NamedArray, NamedArrays } from "./arrays.ts";
export type { DecayOptions, Decays } from "./decay.ts";
export type { FeatureNetwork, FeatureOptions } from "./feature-loss.ts";
export type { GradientOptions } from "./gradient-loss.ts";
export type { LaplacianOptions } from "./laplacian-loss.ts";
export type {
  HuScale,
  Loss,
  LossContext,
  LossMoment,
  NamedTensors,
  OpenLoss,
  PixelError,
  TargetTensors,
} from "./loss.ts";
export { losses } from "./losses.ts";
export {
  assertFiniteLoss,
  type GradientOf,
  isNonFinite,
  type Optimizer,
  type OptimizerState,
  type RunningOptimizer,
} from "./optimizer.ts";
export { optimizers } from "./optimizers.ts";
export { type LossOptions, pixelLoss } from "./output-loss.ts";
export { type BoneOptions, type HuberOptions, l2 } from "./pixel-losses.ts";
export type { PlateauOptions } from "./plateau.ts";
export { isOptimizer, type Optimized, type OptimizersState, RunOptimizers } from "./run-optimizers.ts";
export type { Schedule, ScheduleMoment } from "./schedule.ts";
export {
  type PolyScheduleOptions,
  type StepScheduleOptions,
  schedules,
  type WarmupOptions,
} from "./schedules.ts";
export type { SgdOptions } from "./sgd.ts";
export type { SsimOptions } from "./ssim-loss.ts";
export type { LossTerm, Ramp } from "./sum-loss.ts";
