import { assert } from "../../base/errors/index.ts";
import { assertFiniteLoss } from "../../networks/learning/index.ts";
import type { NamedLosses } from "../../networks/models/index.ts";

/** What {@link LossMeans} have seen, as data. */
export interface LossSums {
  readonly sums: Readonly<Record<string, number>>;
  readonly steps: number;
}

/** Means of a model's named losses over the steps of an epoch. */
export class LossMeans {
  readonly #sums: Record<string, number>;
  #steps: number;

  constructor({ sums, steps }: LossSums = { sums: {}, steps: 0 }) {
    this.#sums = { ...sums };
    this.#steps = steps;
  }

  get steps(): number {
    return this.#steps;
  }

  /** @throws MidashError `invalid-argument` when a loss is absent or no finite number */
  add(losses: NamedLosses, model: string): void {
    assert("loss" in losses, "trainStep gave no loss", { where: model, hint: "return { loss, ... }" });
    for (const [name, loss] of Object.entries(losses)) assertFiniteLoss(loss, this.#steps + 1, name);
    for (const [name, loss] of Object.entries(losses)) this.#sums[name] = (this.#sums[name] ?? 0) + loss;
    this.#steps++;
  }

  means(): NamedLosses {
    const means = Object.entries(this.#sums).map(([name, sum]) => [name, sum / this.#steps] as const);
    return Object.fromEntries(means) as NamedLosses;
  }

  toJSON(): LossSums {
    return { sums: { ...this.#sums }, steps: this.#steps };
  }
}
