import type { Checkpoint } from "./checkpoint.ts";
import type { OpenRun } from "./open-run.ts";
import { type RunState, secondsOf } from "./run-state.ts";

/** All that is needed to go on from here, but for what must be the same. */
export async function takeCheckpoint(
  { model, optimizers, average }: OpenRun,
  state: RunState,
): Promise<Omit<Checkpoint, "identity">> {
  const { epoch, step, now, best, history, result = null, changes, trainedOn, from = null } = state;
  const { batches, rate, losses } = now;
  // Weights that are the result already: the same object, so that they are stored once.
  const same = result?.provenance.steps === step ? result.weights : undefined;
  return {
    weights: (average ? undefined : same) ?? (await model.weights()),
    average: average ? (same ?? average.weights()) : null,
    model: (await model.state?.()) ?? null,
    optimizers: await optimizers.state(),
    now: { batches, rate, losses: losses.toJSON(), seconds: batches > 0 ? secondsOf(now) : 0 },
    ...{ epoch, step, best, history, result, changes, trainedOn, from },
  };
}
