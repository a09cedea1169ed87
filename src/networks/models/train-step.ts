import { Random } from "../../base/random/index.ts";
import type { LossMoment, OpenLoss, RunOptimizers } from "../learning/index.ts";
import type { TrainStep } from "./model.ts";

/** Where a run stands. */
export interface StepNow {
  /** Steps done before, over all epochs. */
  readonly index: number;
  /** Epochs done. */
  readonly epoch: number;
  /** Share of the present epoch that is done, where it is known. Default 0. */
  readonly share?: number;
  /** Multiplies the learning rates. */
  readonly rate: number;
  /** Of several batches that make one step, which one this is. Default: the only one. */
  readonly batch?: { readonly index: number; readonly of: number };
  /** Of the run: the same step of the same seed draws the same. */
  readonly seed: number | string;
}

/** A step that knows of what the loss is made. */
export interface LentStep extends TrainStep {
  /** What the run's loss reported by name within `optimize`, the mean where it was asked several times. */
  lossParts(): Readonly<Record<string, number>>;
}

/** One step of a run, as it is lent to a model. */
export function lendStep(
  { optimizers, loss }: { readonly optimizers: RunOptimizers; readonly loss: OpenLoss },
  { index, epoch, share = 0, rate, batch = { index: 0, of: 1 }, seed }: StepNow,
): LentStep {
  const draws = batch.index === 0 ? `step/${index}` : `step/${index}/${batch.index}`;
  const found: Record<string, number[]> = {};
  let report: LossMoment["report"];
  return {
    async optimize(name, variables, scalar) {
      const work = (given: NonNullable<LossMoment["report"]>) => {
        report = given;
        return scalar();
      };
      const how = { rate, calls: batch.of };
      const { parts, ...optimized } = await optimizers.optimize(name, variables, work, how).finally(() => {
        report = undefined;
      });
      for (const [part, value] of Object.entries(parts)) found[part] = [...(found[part] ?? []), value];
      return optimized;
    },
    loss: (outputs, targets) => loss.value(outputs, targets, { step: index, epoch: epoch + share, report }),
    random: Random.fork(seed, draws),
    index,
    epoch,
    lossParts: () =>
      Object.fromEntries(
        Object.entries(found).map(([part, values]) => [
          part,
          values.reduce((a, b) => a + b, 0) / values.length,
        ]),
      ),
  };
}
