import { Random } from "../../base/random/index.ts";
import { isOptimizer, type Optimizer } from "../../networks/learning/index.ts";
import { lendStep, type NamedLosses, type TrainBatch } from "../../networks/models/index.ts";
import { LossMeans } from "./loss-means.ts";
import type { OpenRun } from "./open-run.ts";
import type { RunState } from "./run-state.ts";

/**
 * One update of the weights, and the run one step further. All that is random in it depends on the seed and the number of the step alone.
 *
 * @param batches whose gradients make the step
 * @returns means over the batches, with the parts of the run's loss by name
 * @throws MidashError `invalid-argument` when a loss is no finite number
 */
export async function takeStep(
  run: OpenRun,
  state: RunState,
  batches: readonly TrainBatch[],
): Promise<NamedLosses> {
  const { options, session, model, optimizers, loss, average } = run;
  const { epoch, step: index, now } = state;
  const share = shareDone(options, state);
  const rate = rateNow(options, state, epoch + share);
  const means = new LossMeans();
  for (const [n, batch] of batches.entries()) {
    const at = { index, epoch, share, rate, seed: options.seed };
    const lent = lendStep({ optimizers, loss }, { ...at, batch: { index: n, of: batches.length } });
    session.seed(Random.fork(options.seed, n === 0 ? `tf/${index}` : `tf/${index}/${n}`));
    const found = await model.trainStep(batch, lent);
    means.add({ ...lent.lossParts(), ...found }, options.model.name);
  }
  await optimizers.finish(rate);
  const found = means.means();
  now.losses.add(found, options.model.name);
  now.batches += batches.length;
  now.rate = rate;
  state.step++;
  average?.add(await model.weights(), state.step);
  return found;
}

/** Of the epoch: known only when its number of steps is. */
function shareDone({ stepsPerEpoch }: OpenRun["options"], { now }: RunState): number {
  return stepsPerEpoch === undefined ? 0 : now.losses.steps / stepsPerEpoch;
}

/** What the optimizers' learning rates are multiplied by: the schedule, and what was set while the run went. */
function rateNow(
  { schedule, epochs, optimizer, watch: { better } }: OpenRun["options"],
  { step, history, changes }: RunState,
  epoch: number,
): number {
  const validated = history.every(({ validation }) => validation !== null);
  const results = history.map(({ validation, loss }) => validation?.value ?? loss);
  const rate = schedule.rate({ epoch, epochs, step, results, better: validated ? better : "lower" });
  const set = changes.at(-1);
  return set ? (rate * set.learningRate) / learningRateOf(optimizer) : rate;
}

/** Of several optimizers the first one's. */
export function learningRateOf(optimizer: OpenRun["options"]["optimizer"]): number {
  const first: Optimizer = isOptimizer(optimizer) ? optimizer : Object.values(optimizer)[0]!;
  return first.learningRate;
}
