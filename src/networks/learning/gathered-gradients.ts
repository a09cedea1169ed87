import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import type { Tf } from "../backends/index.ts";
import type { GradientOf } from "./optimizer.ts";

/** Gradients of several batches, added up until an optimizer moves by their mean. Used inside `session.run`. */
export class GatheredGradients {
  readonly #tf: Tf;
  readonly #sums = new Map<string, { readonly variable: Variable; readonly sum: Tensor }>();
  #loss = 0;
  #count = 0;

  constructor(tf: Tf) {
    this.#tf = tf;
  }

  /** How many were added. */
  get count(): number {
    return this.#count;
  }

  add(gradients: readonly GradientOf[], loss: number): void {
    const tf = this.#tf;
    for (const { name, variable, gradient } of gradients) {
      const before = this.#sums.get(name)?.sum;
      this.#sums.set(name, { variable, sum: before ? tf.add(before, gradient) : gradient.clone() });
      before?.dispose();
    }
    this.#loss += loss;
    this.#count++;
  }

  /** What `use` makes of the means. */
  async withMeans<T>(use: (gradients: readonly GradientOf[], loss: number) => Promise<T>): Promise<T> {
    const gradients = [...this.#sums].map(
      ([name, { variable, sum }]): GradientOf => ({
        name,
        variable,
        gradient: this.#tf.div(sum, this.#count),
      }),
    );
    try {
      return await use(gradients, this.#loss / this.#count);
    } finally {
      this.#tf.dispose(gradients.map(({ gradient }) => gradient));
    }
  }

  dispose(): void {
    this.#tf.dispose([...this.#sums.values()].map(({ sum }) => sum));
    this.#sums.clear();
  }
}
