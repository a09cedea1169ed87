import type { EpochRecord, TrainEvent } from "../../../road/training/index.ts";
import { clock, Pace, secondsLeft } from "./pace.ts";

type Step = Extract<TrainEvent, { type: "step" }>;

/** Where a run stands, for all that show it. */
export class RunNow {
  /** Of the model and its data. */
  start: Extract<TrainEvent, { type: "start" }> | undefined;
  /** The last step. */
  step: Step | undefined;
  /** One record an epoch done, those of earlier processes too. */
  history: readonly EpochRecord[] = [];
  /** Batches of an epoch; `undefined` until they are known, after the first epoch at the latest. */
  stepsPerEpoch: number | undefined;
  /** The epoch whose weights are the result so far; of a resumed run known once it has one of its own. */
  best: number | undefined;
  readonly #pace = new Pace();

  constructor(stepsPerEpoch: number | undefined) {
    this.stepsPerEpoch = stepsPerEpoch;
  }

  /** Takes an event in, before others see it. */
  see(event: TrainEvent, history: readonly EpochRecord[]): void {
    this.history = history;
    if (event.type === "start") this.start = event;
    else if (event.type === "step") {
      this.step = event;
      this.#pace.add(event.samples, performance.now());
    } else if (event.type === "epoch") {
      this.stepsPerEpoch ??= this.step?.batches;
      this.#pace.pause();
      if (event.best) this.best = event.epoch;
    }
  }

  get samplesPerSecond(): number | undefined {
    return this.#pace.samplesPerSecond;
  }

  /** Of this process, all that is resident. */
  get memoryBytes(): number {
    return process.memoryUsage.rss();
  }

  /** Seconds to the end of the last epoch; `undefined` while they can't be known. */
  get secondsLeft(): number | undefined {
    const { start, step, history, stepsPerEpoch } = this;
    if (!start || !step) return undefined;
    return secondsLeft({
      epoch: step.epoch - 1,
      epochs: start.epochs,
      batches: step.batches,
      stepsPerEpoch,
      seconds: history.map(({ seconds }) => seconds),
      secondsPerStep: this.#pace.secondsPerStep,
    });
  }

  /** "loss 0.1234  35.2 samples/s  512 MB  12:30 left". */
  get line(): string {
    const { step, samplesPerSecond: speed, secondsLeft: left } = this;
    const parts = [
      `loss ${step?.loss.toFixed(4)}`,
      speed === undefined ? "" : `${speed.toPrecision(3)} samples/s`,
      megabytes(this.memoryBytes),
      left === undefined ? "" : `${clock(left)} left`,
    ];
    return parts.filter(Boolean).join("  ");
  }
}

/** "512 MB". */
export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
