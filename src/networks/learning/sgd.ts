import type { Variable } from "@tensorflow/tfjs-core";
import { assert } from "../../base/errors/index.ts";
import type { TensorSession, Tf } from "../backends/index.ts";
import type { NamedArray } from "./arrays.ts";
import {
  assertFiniteLoss,
  type GradientOf,
  type Optimizer,
  type OptimizerState,
  type RunningOptimizer,
} from "./optimizer.ts";

/** Options of stochastic gradient descent. */
export interface SgdOptions {
  /** Default 0.01, nnU-Net's. */
  readonly learningRate?: number;
  /** Nesterov momentum. Default 0.99, nnU-Net's. */
  readonly momentum?: number;
}

/** Stochastic gradient descent with Nesterov momentum, in PyTorch's form. @throws MidashError `invalid-argument` for impossible options */
export function sgd({ learningRate = 0.01, momentum = 0.99 }: SgdOptions = {}): Optimizer {
  const where = { call: "optimizers.sgd" };
  assert(learningRate > 0, `learningRate must be positive, got ${learningRate}`, { where });
  assert(momentum >= 0 && momentum < 1, `momentum lies in 0 to 1, got ${momentum}`, { where });
  return {
    name: "sgd",
    about: "stochastic gradient descent with Nesterov momentum",
    learningRate,
    toJSON: () => ({ name: "sgd", learningRate, momentum }),
    withRate: (rate) => sgd({ learningRate: rate, momentum }),
    create: (session) => new RunningSgd(session, { learningRate, momentum }),
  };
}

class RunningSgd implements RunningOptimizer {
  readonly #session: TensorSession;
  readonly #options: Required<SgdOptions>;
  readonly #velocities = new Map<string, Variable>();
  #steps = 0;

  constructor(session: TensorSession, options: Required<SgdOptions>) {
    this.#session = session;
    this.#options = options;
  }

  /** v ← m · v + g; w ← w - rate · (g + m · v). */
  step(gradients: readonly GradientOf[], { loss, rate }: { readonly loss: number; readonly rate: number }) {
    const { tf } = this.#session.tensors;
    const { learningRate, momentum } = this.#options;
    assertFiniteLoss(loss, ++this.#steps);
    tf.tidy(() => {
      for (const { name, variable, gradient } of gradients) {
        const velocity = this.#velocities.get(name) ?? this.#keep(name, tf.zerosLike(variable));
        velocity.assign(tf.add(tf.mul(velocity, momentum), gradient));
        const direction = tf.add(gradient, tf.mul(velocity, momentum));
        variable.assign(tf.sub(variable, tf.mul(direction, rate * learningRate)));
      }
    });
    return { skipped: false };
  }

  #keep(name: string, values: Parameters<Tf["variable"]>[0]): Variable {
    const velocity = this.#session.tensors.tf.variable(values, false) as Variable;
    this.#velocities.set(name, velocity);
    return velocity;
  }

  async state(): Promise<OptimizerState> {
    const tensors: Record<string, NamedArray> = {};
    for (const [name, velocity] of this.#velocities)
      tensors[name] = { data: (await velocity.data()) as Float32Array, shape: velocity.shape };
    return { tensors, steps: this.#steps };
  }

  restore({ tensors, steps }: OptimizerState): void {
    const { tf } = this.#session.tensors;
    this.dispose();
    this.#steps = steps;
    for (const [name, { data, shape }] of Object.entries(tensors))
      tf.tidy(() => this.#keep(name, tf.tensor(data, [...shape], "float32")));
  }

  dispose(): void {
    this.#session.tensors.tf.dispose([...this.#velocities.values()]);
    this.#velocities.clear();
  }
}
