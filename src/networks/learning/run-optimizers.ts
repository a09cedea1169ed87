import type { Scalar, Variable } from "@tensorflow/tfjs-core";
import { assert } from "../../base/errors/index.ts";
import type { TensorSession } from "../backends/index.ts";
import type { NamedArray, NamedArrays } from "./arrays.ts";
import type { GradientOf, Optimizer, RunningOptimizer } from "./optimizer.ts";

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

type Variables = Readonly<Record<string, Variable>>;

/** The optimizers of a run, one for each name that a model asks for. */
export class RunOptimizers {
  readonly #session: TensorSession;
  readonly #optimizerOf: (name: string) => Optimizer;
  readonly #byName = new Map<string, RunningOptimizer>();
  /** Shapes of the variables that each optimizer was given. */
  readonly #known = new Map<string, ReadonlyMap<string, string>>();

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

  /** See `TrainStep.optimize`. @param rate multiplies the learning rate */
  async optimize(name: string, given: Variables, loss: () => Scalar, rate: number): Promise<Optimized> {
    const { tf } = this.#session.tensors;
    // By name: a sum over all gradients must not depend on the order in which a model lists them.
    const variables = Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1));
    const running = this.#get(name);
    this.#assertSame(name, variables);
    const { value, grads } = tf.variableGrads(
      loss,
      variables.map(([, variable]) => variable),
    );
    try {
      const read = (await value.data())[0]!;
      const gradients = variables.map(([key, variable]): GradientOf => {
        const gradient = grads[variable.name];
        assert(gradient, `the loss does not depend on the variable "${key}"`, {
          where: { call: "step.optimize" },
          hint: "pass only the variables that the loss uses",
        });
        return { name: key, variable, gradient };
      });
      return { loss: read, ...running.step(gradients, { loss: read, rate }) };
    } finally {
      tf.dispose([value, ...Object.values(grads)]);
    }
  }

  state(): Promise<OptimizersState> {
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
