import { Random } from "../../base/random/index.ts";
import type { OpenLoss, RunOptimizers } from "../learning/index.ts";
import type { TrainStep } from "./model.ts";

/** Where a run stands. */
export interface StepNow {
  /** Steps done before, over all epochs. */
  readonly index: number;
  readonly epoch: number;
  /** Multiplies the learning rates. */
  readonly rate: number;
  /** Of the run: the same step of the same seed draws the same. */
  readonly seed: number | string;
}

/** One step of a run, as it is lent to a model. */
export function lendStep(
  { optimizers, loss }: { readonly optimizers: RunOptimizers; readonly loss: OpenLoss },
  { index, epoch, rate, seed }: StepNow,
): TrainStep {
  return {
    optimize: (name, variables, scalar) => optimizers.optimize(name, variables, scalar, rate),
    loss: (outputs, targets) => loss.value(outputs, targets),
    random: Random.fork(seed, `step/${index}`),
    index,
    epoch,
  };
}
