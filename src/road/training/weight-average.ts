import type { NamedArray, NamedArrays } from "../../networks/learning/index.ts";

/**
 * An exponential moving average of a model's weights over the steps of a run (Polyak and Juditsky 1992): after each step it is `decay` times itself and the
 * rest the new weights. Early on it forgets faster, or it would long remember the beginning: the decay is at most (1 + step) / (10 + step).
 */
export class WeightAverage {
  readonly #decay: number;
  readonly #arrays = new Map<string, NamedArray>();

  /** @param weights to begin with */
  constructor(decay: number, weights: NamedArrays) {
    this.#decay = decay;
    for (const [name, { data, shape }] of Object.entries(weights))
      this.#arrays.set(name, { data: data.slice(), shape });
  }

  /** @param step of the run that gave these weights, 1 for the first */
  add(weights: NamedArrays, step: number): void {
    const rest = 1 - Math.min(this.#decay, (1 + step) / (10 + step));
    for (const [name, { data: mean }] of this.#arrays) {
      const { data } = weights[name]!;
      for (let n = 0; n < mean.length; n++) mean[n]! += rest * (data[n]! - mean[n]!);
    }
  }

  /** The average so far: a copy. */
  weights(): NamedArrays {
    return Object.fromEntries(
      [...this.#arrays].map(([name, { data, shape }]) => [name, { data: data.slice(), shape }]),
    );
  }
}
