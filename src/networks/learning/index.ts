/** What learning needs besides a network: losses and optimizers as values, and weights as named arrays. */
export type { AdamOptions, AdamWOptions } from "./adam.ts";
export type { Json, NamedArray, NamedArrays } from "./arrays.ts";
export type { Loss, NamedTensors, OpenLoss, PixelError, TargetTensors } from "./loss.ts";
export { type LossOptions, losses, pixelLoss } from "./losses.ts";
export {
  assertFiniteLoss,
  type GradientOf,
  isNonFinite,
  type Optimizer,
  type OptimizerState,
  type RunningOptimizer,
} from "./optimizer.ts";
export { optimizers } from "./optimizers.ts";
export { isOptimizer, type Optimized, type OptimizersState, RunOptimizers } from "./run-optimizers.ts";
export type { SgdOptions } from "./sgd.ts";
