import type { Session } from "../backends/index.ts";
import { assert, MidashError } from "../errors/index.ts";
import type { AdamOptions, NamedArray, NamedArrays, TrainStep } from "../models/index.ts";

/** Fills in defaults. @throws MidashError `invalid-argument` */
export function resolveAdamOptions(options: AdamOptions): Required<AdamOptions> {
  const { learningRate = 1e-4, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  const { clipNorm = Number.POSITIVE_INFINITY } = options;
  assert(learningRate > 0, `learningRate must be positive, got ${learningRate}`, "Adam");
  assert(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1, "beta1 and beta2 lie in 0 to 1", "Adam");
  assert(epsilon > 0 && clipNorm > 0, "epsilon and clipNorm must be positive", "Adam");
  return { learningRate, beta1, beta2, epsilon, clipNorm };
}

type Variables = Parameters<TrainStep["optimize"]>[1];
type LossFunction = Parameters<TrainStep["optimize"]>[2];
type Tensors = Record<string, ReturnType<LossFunction>>;

/** Adam (Kingma and Ba 2015) over one list of variables. Used inside `session.run`. */
export class Adam {
  readonly #session: Session;
  readonly #options: Required<AdamOptions>;
  /** First and second moments, in the order of the variables. */
  #moments: { readonly first: Variables; readonly second: Variables } | undefined;
  #steps = 0;

  constructor(session: Session, options: AdamOptions = {}) {
    this.#session = session;
    this.#options = resolveAdamOptions(options);
  }

  /** One update. `rate` multiplies the learning rate (schedules). Returns the loss before it. */
  async step(variables: Variables, loss: LossFunction, rate: number): Promise<number> {
    const { tf } = this.#session;
    const { value, grads } = tf.variableGrads(loss, [...variables]);
    const read = (await value.data())[0]!;
    value.dispose();
    if (!Number.isFinite(read)) {
      tf.dispose(grads);
      throw new MidashError("invalid-argument", `the loss became ${read} at step ${this.#steps + 1}`, {
        where: "training",
        hint: "lower the learning rate, set clipNorm, or look for NaN voxels in the data",
      });
    }
    this.#apply(variables, grads as Tensors, rate);
    tf.dispose(grads);
    return read;
  }

  #apply(variables: Variables, grads: Tensors, rate: number): void {
    const { tf } = this.#session;
    const { learningRate, beta1, beta2, epsilon, clipNorm } = this.#options;
    this.#moments ??= this.#zeros(variables);
    const { first, second } = this.#moments;
    this.#steps++;
    // Bias corrections folded into the step size and epsilon, so that each variable needs fewer passes.
    const root = Math.sqrt(1 - beta2 ** this.#steps);
    const size = (rate * learningRate * root) / (1 - beta1 ** this.#steps);
    tf.tidy(() => {
      const scale = Number.isFinite(clipNorm) ? this.#clip(grads, clipNorm) : 1;
      for (const [i, variable] of variables.entries()) {
        const gradient = grads[variable.name];
        if (!gradient)
          throw new MidashError(
            "invalid-argument",
            `the loss does not depend on variable ${i} of shape [${variable.shape.join(", ")}]`,
            {
              where: "step.optimize",
              hint: "pass only the variables that the loss uses",
            },
          );
        const g = scale === 1 ? gradient : tf.mul(gradient, scale);
        const [m, v] = [first[i]!, second[i]!];
        m.assign(tf.add(tf.mul(m, beta1), tf.mul(g, 1 - beta1)));
        v.assign(tf.add(tf.mul(v, beta2), tf.mul(tf.square(g), 1 - beta2)));
        const move = tf.div(tf.mul(m, size), tf.add(tf.sqrt(v), epsilon * root));
        variable.assign(tf.sub(variable, move));
      }
    });
  }

  #clip(grads: Tensors, limit: number): number {
    const { tf } = this.#session;
    const squares = Object.values(grads).map((g) => tf.sum(tf.square(g)).dataSync()[0]!);
    const norm = Math.sqrt(squares.reduce((a, b) => a + b, 0));
    return norm > limit ? limit / norm : 1;
  }

  #zeros(variables: Variables) {
    const { tf } = this.#session;
    const make = () => variables.map((v) => tf.tidy(() => tf.variable(tf.zerosLike(v), false)));
    return { first: make(), second: make() };
  }

  /** Moments by position and the number of steps: all that resuming needs. */
  async state(): Promise<{ readonly tensors: NamedArrays; readonly steps: number }> {
    const tensors: Record<string, NamedArray> = {};
    for (const [kind, list] of Object.entries(this.#moments ?? {}))
      for (const [i, variable] of list.entries())
        tensors[`${kind}.${i}`] = { data: (await variable.data()) as Float32Array, shape: variable.shape };
    return { tensors, steps: this.#steps };
  }

  restore(state: { readonly tensors: NamedArrays; readonly steps: number }): void {
    const { tf } = this.#session;
    this.dispose();
    this.#steps = state.steps;
    const read = (kind: string) => {
      const list = [];
      for (let i = 0; state.tensors[`${kind}.${i}`]; i++) {
        const { data, shape } = state.tensors[`${kind}.${i}`]!;
        list.push(tf.tidy(() => tf.variable(tf.tensor(data, [...shape], "float32"), false)));
      }
      return list;
    };
    if (state.steps > 0) this.#moments = { first: read("first"), second: read("second") };
  }

  dispose(): void {
    for (const list of Object.values(this.#moments ?? {})) for (const variable of list) variable.dispose();
    this.#moments = undefined;
  }
}
