import { assert } from "../../base/errors/index.ts";
import type { NamedLosses } from "../../networks/models/index.ts";

/** Means of a model's named losses over the steps of an epoch. */
export class LossMeans {
  readonly #sums: Record<string, number> = {};
  #steps = 0;

  get steps(): number {
    return this.#steps;
  }

  /** @throws MidashError `invalid-argument` when a loss is absent or no finite number */
  add(losses: NamedLosses, model: string): void {
    assert("loss" in losses, "trainStep gave no loss", { where: model, hint: "return { loss, ... }" });
    for (const [name, loss] of Object.entries(losses)) {
      assert(Number.isFinite(loss), `trainStep gave ${name} = ${loss}, not a finite number`, {
        where: model,
      });
      this.#sums[name] = (this.#sums[name] ?? 0) + loss;
    }
    this.#steps++;
  }

  means(): NamedLosses {
    const means = Object.entries(this.#sums).map(([name, sum]) => [name, sum / this.#steps] as const);
    return Object.fromEntries(means) as NamedLosses;
  }
}
