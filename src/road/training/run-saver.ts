import { assert } from "../../base/errors/index.ts";
import type { ModelBundle } from "../model-file/index.ts";
import type { RunIdentity } from "./checkpoint.ts";
import type { FitOptions } from "./fit-options.ts";
import type { OpenRun } from "./open-run.ts";
import type { RunFiles } from "./run-files.ts";
import type { RunState } from "./run-state.ts";
import { takeCheckpoint } from "./take-checkpoint.ts";
import { learningRateOf } from "./take-step.ts";

/**
 * Decides when a run goes to its store: at the end of each epoch, every so many minutes within them, before a step whose learning rate was changed, and
 * whenever the run is left between two steps: stopped, aborted, or ended by an error of its data.
 */
export class RunSaver {
  readonly #files: RunFiles;
  readonly #run: OpenRun;
  readonly #state: RunState;
  readonly #identity: RunIdentity;
  /** Of the last checkpoint. */
  #step: number;
  #time = performance.now();
  /** Whether tensors and state belong together, and the store takes what it is given. */
  #whole = true;

  constructor(files: RunFiles, run: OpenRun, state: RunState, identity: RunIdentity) {
    this.#files = files;
    this.#run = run;
    this.#state = state;
    this.#identity = identity;
    this.#step = state.step;
  }

  /** Does what changes the run. When that fails half way, the run is not saved any more: its last checkpoint stands. */
  async while<T>(work: () => Promise<T>): Promise<T> {
    this.#whole = false;
    const result = await work();
    this.#whole = true;
    return result;
  }

  /** @param ended the model of an epoch that ended here. @throws MidashError `io` when the store can't take it */
  async save(ended?: ModelBundle): Promise<void> {
    await this.while(async () => {
      const checkpoint = await takeCheckpoint(this.#run, this.#state);
      await this.#files.save({ ...checkpoint, identity: this.#identity }, ended);
    });
    this.#step = this.#state.step;
    this.#time = performance.now();
  }

  /** Saves when the last checkpoint is as many minutes old as the run's options say. */
  async saveInTime(): Promise<void> {
    const { checkpointMinutes } = this.#run.options;
    if (checkpointMinutes > 0 && performance.now() - this.#time >= 60_000 * checkpointMinutes)
      await this.save();
  }

  /** Saves the steps that no checkpoint holds, if it can. */
  async saveRest(): Promise<void> {
    if (this.#whole && this.#state.step > this.#step) await this.save();
  }

  /** Takes what the run is told before a step. True when it is to stop. */
  async steer(steer: FitOptions["steer"]): Promise<boolean> {
    const { epoch, step } = this.#state;
    const { learningRate, stop = false } = steer?.({ epoch, step }) ?? {};
    const { changes } = this.#state;
    const before = changes.at(-1)?.learningRate ?? learningRateOf(this.#run.options.optimizer);
    if (learningRate !== undefined && learningRate !== before) {
      assert(learningRate > 0 && Number.isFinite(learningRate), `must be positive, got ${learningRate}`, {
        where: { call: "steer", option: "learningRate" },
      });
      this.#state.changes = [...changes, { step, learningRate }];
      await this.save(); // or a resumed run would not know of it
    }
    return stop;
  }
}
