import type { Scalar, Variable } from "@tensorflow/tfjs-core";
import { assert } from "../../base/errors/index.ts";
import type { TensorSession } from "../backends/index.ts";
import type { NamedArray, NamedArrays } from "./arrays.ts";
import { GatheredGradients } from "./gathered-gradients.ts";
import type { LossMoment } from "./loss.ts";
import { assertFiniteLoss, type GradientOf, type Optimizer, type RunningOptimizer } from "./optimizer.ts";

/** What {@link RunOptimizers} puts into a checkpoint. */
export interface OptimizersState {
  readonly tensors: NamedArrays;
  /** Steps done by each optimizer. */
  readonly steps: Readonly<Record<string, number>>;
}

/** What came of one call of `optimize`. */
export interface Optimized {
  /** Before the update. */
  readonly loss: number;
  /** True when the optimizer left the step out. */
  readonly skipped: boolean;
}

/** The same, and what the loss reported by name. */
interface OptimizedInParts extends Optimized {
  readonly parts: Readonly<Record<string, number>>;
}

type Variables = Readonly<Record<string, Variable>>;

/** How one call of `optimize` counts. */
export interface OptimizeOptions {
  /** Multiplies the learning rate. Default 1. */
  readonly rate?: number;
  /**
   * Calls whose gradients make one step, for each name: the weights move in the last of them, by the mean of the gradients. Each call counts alike, however many
   * pixels its batch has something to learn from. So n batches are one that is n times as large where the loss is a mean over pixels and each of the n
   * has the same sum of weights; with other sums, and with what is of a batch as a whole (Dice, the statistics of batch norm), they are nearly so. Default 1.
   */
  readonly calls?: number;
}

/** The optimizers of a run, one for each name that a model asks for. */
export class RunOptimizers {
  readonly #session: TensorSession;
  readonly #optimizerOf: (name: string) => Optimizer;
  readonly #byName = new Map<string, RunningOptimizer>();
  /** Shapes of the variables that each optimizer was given. */
  readonly #known = new Map<string, ReadonlyMap<string, string>>();
  readonly #gathered = new Map<string, GatheredGradients>();

  /** @param optimizer one for all names, or one for each */
  constructor(session: TensorSession, optimizer: Optimizer | Readonly<Record<string, Optimizer>>) {
    this.#session = session;
    this.#optimizerOf = (name) => {
      if (isOptimizer(optimizer)) return optimizer;
      const found = optimizer[name];
      assert(found, `the model asks for the optimizer "${name}", the run has ${Object.keys(optimizer)}`, {
        where: "optimizer",
        hint: "give one for each name, or a single one for all",
      });
      return found;
    };
  }

  /** See `TrainStep.optimize`. @param loss is lent what takes its parts by name */
  async optimize(
    name: string,
    given: Variables,
    loss: (report: NonNullable<LossMoment["report"]>) => Scalar,
    { rate = 1, calls = 1 }: OptimizeOptions = {},
  ): Promise<OptimizedInParts> {
    const { tf } = this.#session.tensors;
    // By name: a sum over all gradients must not depend on the order in which a model lists them.
    const variables = Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1));
    const running = this.#get(name);
    this.#assertSame(name, variables);
    const reported: (readonly [name: string, part: Scalar])[] = [];
    const computed = [];
    try {
      const { value, grads } = tf.variableGrads(
        () => loss((part, of) => void reported.push([part, tf.keep(of.clone())])),
        variables.map(([, variable]) => variable),
      );
      computed.push(value, ...Object.values(grads));
      const read = (await value.data())[0]!;
      const parts: Record<string, number> = {};
      for (const [part, of] of reported) parts[part] = (await of.data())[0]!;
      const gradients = variables.map(([key, variable]): GradientOf => {
        const gradient = grads[variable.name];
        assert(gradient, `the loss does not depend on the variable "${key}"`, {
          where: { call: "step.optimize" },
          hint: "pass only the variables that the loss uses",
        });
        return { name: key, variable, gradient };
      });
      const { skipped } =
        calls === 1
          ? await running.step(gradients, { loss: read, rate })
          : await this.#gather(name, gradients, { loss: read, rate, calls });
      return { loss: read, skipped, parts };
    } finally {
      tf.dispose([...computed, ...reported.map(([, part]) => part)]);
    }
  }

  /** A step by gradients that were gathered of fewer calls than announced, where a model does not ask for each of its optimizers with each batch. */
  async finish(rate: number): Promise<void> {
    if (this.#gathered.size === 0) return;
    await this.#session.run(async () => {
      for (const name of [...this.#gathered.keys()]) await this.#stepBy(name, rate);
    });
  }

  /** Adds gradients to those before, and steps when they are enough. */
  async #gather(
    name: string,
    gradients: readonly GradientOf[],
    { loss, rate, calls }: { readonly loss: number; readonly rate: number; readonly calls: number },
  ): Promise<{ readonly skipped: boolean }> {
    const gathered = this.#gathered.get(name) ?? new GatheredGradients(this.#session.tensors.tf);
    assertFiniteLoss(loss, gathered.count + 1);
    this.#gathered.set(name, gathered);
    gathered.add(gradients, loss);
    return gathered.count < calls ? { skipped: false } : this.#stepBy(name, rate);
  }

  async #stepBy(name: string, rate: number): Promise<{ readonly skipped: boolean }> {
    const gathered = this.#gathered.get(name)!;
    this.#gathered.delete(name);
    try {
      return await gathered.withMeans((gradients, loss) => this.#get(name).step(gradients, { loss, rate }));
    } finally {
      gathered.dispose();
    }
  }

  /** @throws MidashError `invalid-argument` within a step */
  state(): Promise<OptimizersState> {
    assert(this.#gathered.size === 0, "gradients are gathered, so the optimizers have no state to keep", {
      where: "RunOptimizers",
    });
    return this.#session.run(async () => {
      const tensors: Record<string, NamedArray> = {};
      const steps: Record<string, number> = {};
      for (const [name, running] of this.#byName) {
        const state = await running.state();
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
    for (const gathered of this.#gathered.values()) gathered.dispose();
    this.#gathered.clear();
    for (const running of this.#byName.values()) running.dispose();
    this.#byName.clear();
  }

  #get(name: string): RunningOptimizer {
    assert(!name.includes("/"), `an optimizer's name holds no "/", got "${name}"`, {
      where: { call: "step.optimize" },
    });
    const running = this.#byName.get(name) ?? this.#optimizerOf(name).create(this.#session);
    this.#byName.set(name, running);
    return running;
  }

  /** Moments of one variable must not reach another. */
  #assertSame(name: string, variables: readonly (readonly [string, Variable])[]): void {
    const known = this.#known.get(name);
    if (!known) {
      this.#known.set(name, new Map(variables.map(([key, { shape }]) => [key, String(shape)])));
      return;
    }
    const other = variables.find(([key, { shape }]) => known.get(key) !== String(shape));
    assert(
      other === undefined && variables.length === known.size,
      other
        ? `the variable "${other[0]}" of shape [${other[1].shape.join(", ")}] is not among those given before`
        : `given ${variables.length} variables, before ${known.size}`,
      {
        where: { call: "step.optimize" },
        hint: "give an optimizer always the same variables; use another name for others",
      },
    );
  }
}

/** Whether one optimizer was given, rather than several by name. */
export function isOptimizer(
  optimizer: Optimizer | Readonly<Record<string, Optimizer>>,
): optimizer is Optimizer {
  return typeof optimizer.create === "function";
}
