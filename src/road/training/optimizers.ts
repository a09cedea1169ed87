import { assert } from "../../base/errors/index.ts";
import { Random } from "../../base/random/index.ts";
import type { Session } from "../../networks/backends/index.ts";
import type { AdamOptions, Loss, NamedArray, NamedArrays, TrainStep } from "../../networks/models/index.ts";
import { Adam } from "./adam.ts";

/** What {@link Optimizers} puts into a checkpoint. */
export interface OptimizersState {
  readonly tensors: NamedArrays;
  /** Steps done by each optimizer. */
  readonly steps: Readonly<Record<string, number>>;
}

/** The optimizers of a run by name, and the {@link TrainStep}s that lend them to the model. */
export class Optimizers {
  readonly #session: Session;
  readonly #options: AdamOptions;
  readonly #byName = new Map<string, Adam>();

  constructor(session: Session, options: AdamOptions) {
    this.#session = session;
    this.#options = options;
  }

  step(
    now: { readonly index: number; readonly epoch: number; readonly rate: number; readonly seed: number },
    loss: Loss,
  ): TrainStep {
    const { tf } = this.#session;
    return {
      optimize: (name, variables, lossFunction) => this.#get(name).step(variables, lossFunction, now.rate),
      loss: (prediction, target, mask) => loss(tf, prediction, target, mask),
      random: Random.fork(now.seed, `step/${now.index}`),
      index: now.index,
      epoch: now.epoch,
    };
  }

  state(): Promise<OptimizersState> {
    return this.#session.run(async () => {
      const tensors: Record<string, NamedArray> = {};
      const steps: Record<string, number> = {};
      for (const [name, adam] of this.#byName) {
        const state = await adam.state();
        steps[name] = state.steps;
        for (const [key, array] of Object.entries(state.tensors)) tensors[`${name}/${key}`] = array;
      }
      return { tensors, steps };
    });
  }

  restore(state: OptimizersState): Promise<void> {
    return this.#session.run(() => {
      for (const [name, steps] of Object.entries(state.steps)) {
        const own = Object.entries(state.tensors).filter(([key]) => key.startsWith(`${name}/`));
        const tensors = Object.fromEntries(own.map(([key, array]) => [key.slice(name.length + 1), array]));
        this.#get(name).restore({ tensors, steps });
      }
    });
  }

  dispose(): void {
    for (const adam of this.#byName.values()) adam.dispose();
    this.#byName.clear();
  }

  #get(name: string): Adam {
    assert(!name.includes("/"), `an optimizer's name holds no "/", got "${name}"`, {
      where: "step.optimize",
    });
    const adam = this.#byName.get(name) ?? new Adam(this.#session, this.#options);
    this.#byName.set(name, adam);
    return adam;
  }
}
