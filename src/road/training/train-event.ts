import type { NamedLosses } from "../../networks/models/index.ts";
import type { SampleLoader } from "../data/index.ts";
import type { Provenance } from "../model-file/index.ts";
import type { BestEpoch } from "./checkpoint.ts";
import type { EndedEpoch } from "./end-epoch.ts";
import type { OpenRun } from "./open-run.ts";
import type { RunState } from "./run-state.ts";
import type { Watched } from "./watch.ts";

/** Why a run ended: all epochs done, no better validation for long, or told to by `FitOptions.steer`. */
export type EndReason = "finished" | "early stopping" | "stopped";

/** What a run reports while it goes. */
export type TrainEvent =
  | {
      readonly type: "start";
      readonly cases: number;
      /** Whole epochs that were done before. */
      readonly epoch: number;
      readonly epochs: number;
      /** Steps that were done before, over all epochs. */
      readonly step: number;
      /** Batches of the epoch in progress that were learnt from before. */
      readonly batches: number;
      readonly backend: string;
      readonly parameters: number;
      /** Parameters among them that stay as they are. */
      readonly frozen: number;
      /** The model that the run began with, where it was one. */
      readonly from: Provenance["from"];
      readonly spacing: readonly number[];
      readonly size: readonly number[];
      /** Threads that cut samples while the model computes, and why there are none where they were asked for. */
      readonly loader: Pick<SampleLoader, "threads" | "why">;
      /** What is doubtful: what was found damaged on resuming, and how the run goes on; frozen weights that never learnt. */
      readonly warnings: readonly string[];
    }
  | {
      readonly type: "step";
      /** The one in progress, from 1. */
      readonly epoch: number;
      /** Steps done, over all epochs. */
      readonly step: number;
      /** Batches of this epoch that are done. */
      readonly batches: number;
      readonly loss: number;
      /** All that the model's `trainStep` gave. */
      readonly losses: NamedLosses;
    }
  | {
      readonly type: "epoch";
      readonly epoch: number;
      readonly epochs: number;
      /** Means over the epoch's steps. */
      readonly loss: number;
      readonly losses: NamedLosses;
      readonly validation: Watched | null;
      readonly best: boolean;
      readonly seconds: number;
    }
  | {
      readonly type: "end";
      readonly reason: EndReason;
      /** Whole epochs that are done. */
      readonly epochs: number;
      readonly best: BestEpoch;
    };

type EventOf<T extends TrainEvent["type"]> = Extract<TrainEvent, { type: T }>;

const RANDOM_FROZEN = "Frozen weights are random and stay so: no model was given to go on from.";

export function startEvent(run: OpenRun, state: RunState, warnings: readonly string[]): EventOf<"start"> {
  const { options, dataset, session, preparation, parameters, frozen, spacing, loader } = run;
  const { epoch, step, now, from } = state;
  return {
    type: "start",
    cases: dataset.train.length,
    ...{ epoch, epochs: options.epochs, step, batches: now.batches },
    backend: session.backend,
    ...{ parameters, frozen, from, spacing },
    size: preparation.sampler.fixedSize ?? [],
    loader: { threads: loader.threads, ...(loader.why === undefined ? {} : { why: loader.why }) },
    warnings: [...warnings, ...(from || !options.freeze?.length ? [] : [RANDOM_FROZEN])],
  };
}

export function stepEvent({ epoch, step, now }: RunState, losses: NamedLosses): EventOf<"step"> {
  return { type: "step", epoch: epoch + 1, step, batches: now.batches, loss: losses.loss, losses };
}

export function epochEvent({ record, best }: EndedEpoch, epochs: number): EventOf<"epoch"> {
  const { epoch, loss, losses, validation, seconds } = record;
  return { type: "epoch", epoch, epochs, loss, losses, validation, best, seconds };
}

export function endEvent({ epoch, best }: RunState, reason: EndReason): EventOf<"end"> {
  return { type: "end", reason, epochs: epoch, best };
}
