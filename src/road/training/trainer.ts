import { assert, throwIfAborted } from "../../base/errors/index.ts";
import type { Dataset } from "../data/index.ts";
import type { ModelBundle } from "../model-file/index.ts";
import type { EpochRecord } from "./checkpoint.ts";
import { type DataMarks, markData } from "./data-marks.ts";
import { endEpoch } from "./end-epoch.ts";
import type { FitOptions } from "./fit-options.ts";
import { inGroups } from "./in-groups.ts";
import { keepingNaN } from "./nan-batch.ts";
import { openRun } from "./open-run.ts";
import { type ResolvedOptions, resolveOptions, type TrainerOptions } from "./options.ts";
import type { RunPlan } from "./plan.ts";
import { originOf } from "./result-bundle.ts";
import { RunFiles } from "./run-files.ts";
import { makePlan, settingsOf } from "./run-plan.ts";
import { RunSaver } from "./run-saver.ts";
import { beginState, type RunState } from "./run-state.ts";
import { takeStep } from "./take-step.ts";
import {
  type EndReason,
  endEvent,
  epochEvent,
  startEvent,
  stepEvent,
  type TrainEvent,
} from "./train-event.ts";

/**
 * Trains a model on a dataset. After each epoch whole validation volumes are synthesised and scored, and the store
 * gets a checkpoint, as it does every so many minutes in between; the weights of the epoch with the best validation are the result.
 *
 * @example
 * const trainer = new Trainer({ model: UNet(), backend: wasm() });
 * for await (const event of trainer.fit(dataset)) if (event.type === "epoch") log(event.validation?.value);
 * const bundle = trainer.result();
 */
export class Trainer {
  readonly #options: ResolvedOptions;
  #state: RunState | undefined;

  /** @throws MidashError `invalid-argument` */
  constructor(options: TrainerOptions) {
    this.#options = resolveOptions(options);
  }

  /** The best weights so far as a model file's content. @throws MidashError when no epoch has ended yet */
  result(): ModelBundle {
    assert(this.#state?.result, "no epoch has ended yet", {
      where: { call: "Trainer.result" },
      hint: "run fit to its end first",
    });
    return this.#state.result;
  }

  /** One record per epoch done. */
  get history(): readonly EpochRecord[] {
    return this.#state?.history ?? [];
  }

  /**
   * Trains, and tells of each step and epoch as it is done. Stop by `signal` or by leaving the loop: the store gets a checkpoint of the last step, from
   * which `resume` goes on.
   *
   * @throws MidashError `invalid-argument` when the data, the model and the options do not fit; `aborted`; `io` when the store is full
   */
  async *fit(dataset: Dataset, fitOptions: FitOptions = {}): AsyncGenerator<TrainEvent> {
    const { signal } = fitOptions;
    throwIfAborted(signal);
    const plan = await makePlan(this.#options, dataset, signal);
    const files = await RunFiles.open(this.#options);
    try {
      yield* this.#train(dataset, plan, files, fitOptions);
    } finally {
      await files.close();
    }
  }

  async *#train(
    dataset: Dataset,
    plan: RunPlan,
    files: RunFiles,
    { signal, steer, resume = false }: FitOptions,
  ): AsyncGenerator<TrainEvent> {
    const options = this.#options;
    const settings = settingsOf(options, plan.preparation);
    const mark = (known?: DataMarks) => markData(dataset, known);
    const { checkpoint, data, warnings } = resume
      ? await files.resume({ settings, mark })
      : { data: await mark(), warnings: [] };
    const state = beginState(checkpoint, { trainedOn: dataset.origin, from: originOf(options.from) });
    this.#state = state;
    const run = await openRun(options, { dataset, plan }, state, checkpoint);
    const saver = new RunSaver(files, run, state, { settings, data });
    let stop = false;
    try {
      yield startEvent(run, state, warnings);
      while (state.epoch < options.epochs && !isSpent(options, state)) {
        state.now.started = performance.now();
        const source = run.batches.epoch(state.epoch, { signal, from: state.now.batches });
        for await (const batches of inGroups(source, options.accumulate)) {
          throwIfAborted(signal);
          stop = await saver.steer(steer);
          if (stop) break;
          const step = { run, state, batches, files };
          const losses = await saver.while(() => keepingNaN(takeStep(run, state, batches), step));
          await saver.saveInTime();
          yield stepEvent(state, losses);
        }
        if (stop) break;
        const ended = await endEpoch(run, state, signal);
        await saver.save(ended.model);
        yield epochEvent(ended, options.epochs);
      }
      await saver.saveRest();
      yield endEvent(state, reasonOf(stop, options, state));
    } finally {
      await saver.saveRest().finally(run.close);
    }
  }
}

/** Whether all patience is used up. */
function isSpent({ patience }: ResolvedOptions, { epoch, best }: RunState): boolean {
  return patience > 0 && epoch - best.epoch >= patience;
}

function reasonOf(stopped: boolean, { epochs }: ResolvedOptions, { epoch }: RunState): EndReason {
  if (stopped) return "stopped";
  return epoch < epochs ? "early stopping" : "finished";
}
