import { Random } from "../../base/random/index.ts";
import { isOptimizer, type Optimizer } from "../../networks/learning/index.ts";
import { lendStep, type NamedLosses, type TrainBatch } from "../../networks/models/index.ts";
import type { OpenRun } from "./open-run.ts";
import type { RunState } from "./run-state.ts";
import { schedules } from "./schedule.ts";

/**
 * One update of the weights, and the run one step further. All that is random in it depends on the seed and the number of the step alone.
 *
 * @throws MidashError `invalid-argument` when a loss is no finite number
 */
export async function takeStep(run: OpenRun, state: RunState, batch: TrainBatch): Promise<NamedLosses> {
  const { options, session, model, optimizers, loss, average } = run;
  const { epoch, step: index, now } = state;
  const rate = rateNow(options, state);
  const lent = lendStep({ optimizers, loss }, { index, epoch, rate, seed: options.seed });
  session.seed(Random.fork(options.seed, `tf/${index}`));
  const found = await model.trainStep(batch, lent);
  now.losses.add(found, options.model.name);
  now.batches++;
  now.rate = rate;
  state.step++;
  average?.add(await model.weights(), state.step);
  return found;
}

/** What the optimizers' learning rates are multiplied by: the schedule, and what was set while the run went. */
function rateNow(
  { schedule, stepsPerEpoch, epochs, optimizer }: OpenRun["options"],
  state: RunState,
): number {
  // The share of the epoch that is done is known only when its number of steps is.
  const done = state.epoch + state.now.batches / (stepsPerEpoch ?? Number.POSITIVE_INFINITY);
  const rate = schedules[schedule](done, epochs);
  const set = state.changes.at(-1);
  return set ? (rate * set.learningRate) / learningRateOf(optimizer) : rate;
}

/** Of several optimizers the first one's. */
export function learningRateOf(optimizer: OpenRun["options"]["optimizer"]): number {
  const first: Optimizer = isOptimizer(optimizer) ? optimizer : Object.values(optimizer)[0]!;
  return first.learningRate;
}
