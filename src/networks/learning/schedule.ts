import type { Json } from "./arrays.ts";

/** How the learning rate changes while a run goes on: a value with a name and options, made by a factory such as `schedules.cosine()`. */
export interface Schedule {
  /** In configs, checkpoints and model files. */
  readonly name: string;
  /** What it is, on one line: `midash list` shows it. */
  readonly about?: string;
  /** Whether it ends with the run: a resumed run must then be as long as the one before. */
  readonly endsWithRun: boolean;
  /** Name and options: `{ name, ...options }`. Runs that differ in it can't be resumed from each other. */
  toJSON(): Json;
  /**
   * What the learning rate is multiplied by. Depends on nothing but `now`, so that a schedule has no state to keep: one that looks at results finds
   * all that there were.
   */
  rate(now: ScheduleMoment): number;
}

/** Where a run stands when a schedule is asked. */
export interface ScheduleMoment {
  /** Epochs done, with the share of the present one where the number of its steps is known. */
  readonly epoch: number;
  /** Epochs that the run lasts at most. */
  readonly epochs: number;
  /** Steps done before this one, as events count them: batches, also where gradients of several are gathered. */
  readonly step: number;
  /** One number for each epoch done: what validation watches, or without validation the training loss. */
  readonly results: readonly number[];
  /** Which results are better. */
  readonly better: "lower" | "higher";
}
