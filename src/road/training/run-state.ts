import type { ImageOrigin } from "../../imaging/volume/index.ts";
import type { ModelBundle, Provenance } from "../model-file/index.ts";
import type { BestEpoch, Checkpoint, EpochRecord, RateChange } from "./checkpoint.ts";
import { LossMeans } from "./loss-means.ts";

/** The epoch in progress. */
interface EpochInProgress {
  /** Batches that were learnt from. */
  batches: number;
  readonly losses: LossMeans;
  /** What the learning rate was multiplied by in the last step. */
  rate: number;
  /** Seconds that it took in processes before. */
  readonly before: number;
  /** When it began here, by `performance.now()`. */
  started: number;
}

/** Where a run stands between two steps: all of its checkpoint but the tensors of the model, of the optimizers and of the average. */
export interface RunState {
  /** Whole epochs that are done. */
  epoch: number;
  /** Steps that are done, over all epochs. */
  step: number;
  now: EpochInProgress;
  best: BestEpoch;
  history: readonly EpochRecord[];
  /** The model of the best epoch; `undefined` before the first has ended. */
  result: ModelBundle | undefined;
  /** Learning rates that were set while the run went. */
  changes: readonly RateChange[];
  /** What the images are of, as far as it is known by now. */
  trainedOn: ImageOrigin;
  /** The model that the run began with, where it was one. */
  readonly from: Provenance["from"];
}

/** Where the run stood at its checkpoint, or at its very beginning. */
export function beginState(
  before: Checkpoint | undefined,
  anew: Pick<RunState, "trainedOn" | "from">,
): RunState {
  if (!before) {
    const best = { epoch: 0, validation: null };
    return {
      ...{ epoch: 0, step: 0, now: beginEpoch(), best, history: [], result: undefined },
      ...{ changes: [], ...anew },
    };
  }
  const { epoch, step, now, best, history, result, changes, trainedOn, from } = before;
  const { batches, rate, seconds } = now;
  const inProgress = { ...beginEpoch(), batches, rate, before: seconds, losses: new LossMeans(now.losses) };
  return {
    ...{ epoch, step, now: inProgress, best, history },
    ...{ result: result ?? undefined, changes, trainedOn, from: from ?? undefined },
  };
}

export function beginEpoch(): EpochInProgress {
  return { batches: 0, losses: new LossMeans(), rate: 1, before: 0, started: performance.now() };
}

/** Seconds that the epoch in progress has taken, in all the processes that worked on it. */
export function secondsOf({ before, started }: EpochInProgress): number {
  return before + (performance.now() - started) / 1000;
}
