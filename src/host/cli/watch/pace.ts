/** Steps that the speed is taken over. */
const WINDOW = 32;

/** How fast a run is, by its last steps. */
export class Pace {
  readonly #steps: { readonly at: number; readonly samples: number }[] = [];
  /** The speed before the pause. */
  #before: number | undefined;

  /** @param at milliseconds of a clock that never goes back, when the step was done */
  add(samples: number, at: number): void {
    this.#steps.push({ at, samples });
    if (this.#steps.length > WINDOW) this.#steps.shift();
  }

  /** What comes between epochs (validation, checkpoints) is no step. */
  pause(): void {
    this.#before = this.samplesPerSecond;
    this.#steps.length = 0;
  }

  /** Seconds of a step; `undefined` before there are two. */
  get secondsPerStep(): number | undefined {
    const [first, last] = [this.#steps[0], this.#steps.at(-1)];
    return first && last && first !== last
      ? (last.at - first.at) / 1000 / (this.#steps.length - 1)
      : undefined;
  }

  get samplesPerSecond(): number | undefined {
    const seconds = this.secondsPerStep;
    const after = this.#steps.slice(1);
    return seconds
      ? after.reduce((sum, { samples }) => sum + samples, 0) / after.length / seconds
      : this.#before;
  }
}

/** Where a run stands, as far as it decides how long it takes. */
export interface Ahead {
  /** Whole epochs that are done, of all. */
  readonly epoch: number;
  readonly epochs: number;
  /** Batches of the epoch in progress that are done, of all; `undefined` while nobody knows how many there are. */
  readonly batches: number;
  readonly stepsPerEpoch: number | undefined;
  /** Seconds of earlier epochs, validation with them. */
  readonly seconds: readonly number[];
  readonly secondsPerStep: number | undefined;
}

/** Seconds to the end of the last epoch, unless the run stops early; `undefined` while they can't be known. */
export function secondsLeft({
  epoch,
  epochs,
  batches,
  stepsPerEpoch,
  seconds,
  secondsPerStep,
}: Ahead): number | undefined {
  if (stepsPerEpoch === undefined || secondsPerStep === undefined) return undefined;
  const whole =
    seconds.length > 0 ? seconds.reduce((a, b) => a + b) / seconds.length : stepsPerEpoch * secondsPerStep;
  const share = Math.min(1, batches / stepsPerEpoch);
  return whole * Math.max(0, epochs - epoch - share);
}

/** 3725 as "1:02:05". */
export function clock(seconds: number): string {
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
