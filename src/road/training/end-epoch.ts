import { assert } from "../../base/errors/index.ts";
import { Random } from "../../base/random/index.ts";
import { createModel } from "../../networks/models/index.ts";
import type { ModelBundle } from "../model-file/index.ts";
import type { EpochRecord } from "./checkpoint.ts";
import type { OpenRun } from "./open-run.ts";
import { resultBundle } from "./result-bundle.ts";
import { beginEpoch, type RunState, secondsOf } from "./run-state.ts";
import { learningRateOf } from "./take-step.ts";
import { validate } from "./validate.ts";
import { isBetter } from "./watch.ts";

/** An epoch that ended. */
export interface EndedEpoch {
  readonly record: EpochRecord;
  /** Whether it is the best so far. */
  readonly best: boolean;
  /** The model that it ended with. */
  readonly model: ModelBundle;
}

/**
 * Validates the weights, or their moving average, and takes them for the run's result where they are the best so far.
 *
 * @throws MidashError `aborted`; what validation throws
 */
export async function endEpoch(
  run: OpenRun,
  state: RunState,
  signal: AbortSignal | undefined,
): Promise<EndedEpoch> {
  const { options, dataset, session, model, average, cases, preparation } = run;
  assert(state.now.losses.steps > 0, "no slice of the training part has anything to learn from", {
    where: dataset.name,
    hint: "check the masks",
  });
  const weights = await model.weights();
  run.assertFrozen(weights);
  const kept = average?.weights() ?? weights;
  const random = Random.fork(options.seed, "weights");
  const judged = average ? await createModel(options.model, session, { random, weights: kept }) : model;
  const validation = await validate(judged, dataset.validation, cases, preparation, options, signal).finally(
    () => average && judged.dispose(),
  );
  // Nothing is awaited from here on: a run that is stopped stands before the end of the epoch or after it.
  const epoch = state.epoch + 1;
  const losses = state.now.losses.means();
  const best = isBetter(options.watch, validation, state.best.validation);
  const seconds = secondsOf(state.now);
  const learningRate = state.now.rate * learningRateOf(options.optimizer);
  const record = { epoch, loss: losses.loss, losses, validation, learningRate, seconds };
  const bundle = resultBundle(kept, run, { ...state, epoch, validation });
  Object.assign(state, {
    epoch,
    now: beginEpoch(),
    history: [...state.history, record],
    ...(best ? { best: { epoch, validation } } : {}),
    ...(best || !state.result ? { result: bundle } : {}),
  } satisfies Partial<RunState>);
  return { record, best, model: bundle };
}
