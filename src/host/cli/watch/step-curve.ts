/** Points that a curve has at most. */
const POINTS = 400;

/** The loss of each step of a run, in so few points that they can be drawn: neighbours become their means as more come. */
export class StepCurve {
  /** Sums over {@link StepCurve.#each} steps. */
  readonly #sums: { step: number; loss: number; count: number }[] = [];
  #each = 1;

  add(step: number, loss: number): void {
    const last = this.#sums.at(-1);
    if (last && last.count < this.#each) {
      last.step += step;
      last.loss += loss;
      last.count++;
    } else this.#sums.push({ step, loss, count: 1 });
    if (this.#sums.length > POINTS) this.#halve();
  }

  /** Oldest first; steps of several are their mean, a whole number. */
  get points(): readonly (readonly [step: number, loss: number])[] {
    return this.#sums.map(({ step, loss, count }) => [Math.round(step / count), loss / count]);
  }

  #halve(): void {
    for (let n = 0; 2 * n < this.#sums.length; n++) {
      const [a, b] = [this.#sums[2 * n]!, this.#sums[2 * n + 1]];
      this.#sums[n] = b ? { step: a.step + b.step, loss: a.loss + b.loss, count: a.count + b.count } : a;
    }
    this.#sums.length = Math.ceil(this.#sums.length / 2);
    this.#each *= 2;
  }
}
