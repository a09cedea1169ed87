import type { Volume } from "../../imaging/volume/index.ts";

/** Mean and spread of volumes that come one after the other, in the memory of two (Welford 1962). */
export class Moments {
  #count = 0;
  #mean: Float32Array | undefined;
  /** Sum of squared distances from the mean, and of the volumes' own variances. */
  #squares: Float32Array | undefined;
  #like: Volume | undefined;

  /** @param spread the standard deviation of this one itself, where it is a mean of several */
  add(volume: Volume, spread?: Volume): void {
    const values = volume.values();
    this.#count++;
    if (!this.#mean || !this.#squares) {
      this.#like = volume;
      this.#mean = Float32Array.from(values);
      this.#squares = new Float32Array(values.length);
    } else
      for (let i = 0; i < values.length; i++) {
        const before = values[i]! - this.#mean[i]!;
        this.#mean[i]! += before / this.#count;
        this.#squares[i]! += before * (values[i]! - this.#mean[i]!);
      }
    const own = spread?.values();
    if (own) for (let i = 0; i < own.length; i++) this.#squares[i]! += own[i]! * own[i]!;
  }

  mean(): Volume {
    return this.#like!.with({ data: this.#mean! });
  }

  /** Of the population of all that lies beneath: the mean of the variances plus the variance of the means, its root. */
  spread(): Volume {
    const data = this.#squares!.map((sum) => Math.sqrt(sum / this.#count));
    return this.#like!.with({ data });
  }
}
