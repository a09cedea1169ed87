import { assert, MidashError } from "../../base/errors/index.ts";
import { ADAM, type AdamAttributes, type Session } from "../../networks/backends/index.ts";
import type { AdamOptions, NamedArray, NamedArrays, TrainStep } from "../../networks/models/index.ts";

/** Fills in defaults. @throws MidashError `invalid-argument` */
export function resolveAdamOptions(options: AdamOptions): Required<AdamOptions> {
  const { learningRate = 1e-4, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  const { clipNorm = Number.POSITIVE_INFINITY } = options;
  assert(learningRate > 0, `learningRate must be positive, got ${learningRate}`, { where: { call: "Adam" } });
  assert(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1, "beta1 and beta2 lie in 0 to 1", {
    where: { call: "Adam" },
  });
  assert(epsilon > 0 && clipNorm > 0, "epsilon and clipNorm must be positive", { where: { call: "Adam" } });
  return { learningRate, beta1, beta2, epsilon, clipNorm };
}

type Variables = Parameters<TrainStep["optimize"]>[1];
type Variable = Variables[string];
type LossFunction = Parameters<TrainStep["optimize"]>[2];
type Tensors = Record<string, ReturnType<LossFunction>>;

/** First and second moments of one variable. */
interface Moments {
  readonly first: Variable;
  readonly second: Variable;
}

/** Adam (Kingma and Ba 2015) over one set of variables, known by name. Used inside `session.run`. */
export class Adam {
  readonly #session: Session;
  readonly #options: Required<AdamOptions>;
  #moments: ReadonlyMap<string, Moments> | undefined;
  #steps = 0;

  constructor(session: Session, options: AdamOptions = {}) {
    this.#session = session;
    this.#options = resolveAdamOptions(options);
  }

  /** One update. `rate` multiplies the learning rate (schedules). Returns the loss before it. */
  async step(given: Variables, loss: LossFunction, rate: number): Promise<number> {
    const { tf } = this.#session;
    // By name: a sum over all gradients must not depend on the order in which a model lists them.
    const variables = Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1));
    if (this.#moments) assertSame(this.#moments, variables);
    const { value, grads } = tf.variableGrads(
      loss,
      variables.map(([, variable]) => variable),
    );
    const read = (await value.data())[0]!;
    value.dispose();
    if (!Number.isFinite(read)) {
      tf.dispose(grads);
      throw new MidashError("invalid-argument", `the loss became ${read} at step ${this.#steps + 1}`, {
        where: "training",
        hint: [
          ["lower ", { option: "learningRate" }],
          ["set ", { option: "clipNorm" }],
          "look for NaN voxels in the data",
        ],
      });
    }
    this.#moments ??= new Map(variables.map(([name, variable]) => [name, this.#zeros(variable)]));
    this.#apply(variables, this.#moments, grads as Tensors, rate);
    tf.dispose(grads);
    return read;
  }

  #apply(
    variables: readonly (readonly [string, Variable])[],
    moments: ReadonlyMap<string, Moments>,
    grads: Tensors,
    rate: number,
  ): void {
    const { tf } = this.#session;
    const { learningRate, beta1, beta2, epsilon, clipNorm } = this.#options;
    this.#steps++;
    // Bias corrections folded into the step size and epsilon, so that each variable needs fewer passes.
    const root = Math.sqrt(1 - beta2 ** this.#steps);
    const size = (rate * learningRate * root) / (1 - beta1 ** this.#steps);
    tf.tidy(() => {
      const gradients = variables.map(([name, variable]) => {
        const gradient = grads[variable.name];
        if (gradient) return gradient;
        throw new MidashError("invalid-argument", `the loss does not depend on the variable "${name}"`, {
          where: "step.optimize",
          hint: "pass only the variables that the loss uses",
        });
      });
      const scale = Number.isFinite(clipNorm) ? this.#clip(gradients, clipNorm) : 1;
      const attributes = { beta1, beta2, scale, size, epsilon: epsilon * root };
      for (const [i, [name, variable]] of variables.entries())
        this.#update(variable, gradients[i]!, moments.get(name)!, attributes);
    });
  }

  /** In one kernel where the backend has it. */
  #update(
    variable: Variable,
    gradient: Tensors[string],
    { first, second }: Moments,
    attributes: AdamAttributes,
  ): void {
    const { tf } = this.#session;
    if (tf.getKernel(ADAM, tf.getBackend())) {
      const inputs = { weights: variable, gradient, first, second };
      const [weights, m, v] = tf.engine().runKernel(ADAM, inputs, attributes) as Tensors[string][];
      variable.assign(weights!);
      first.assign(m!);
      second.assign(v!);
      return;
    }
    const { beta1, beta2, scale, size, epsilon } = attributes;
    const g = scale === 1 ? gradient : tf.mul(gradient, scale);
    first.assign(tf.add(tf.mul(first, beta1), tf.mul(g, 1 - beta1)));
    second.assign(tf.add(tf.mul(second, beta2), tf.mul(tf.square(g), 1 - beta2)));
    const move = tf.div(tf.mul(first, size), tf.add(tf.sqrt(second), epsilon));
    variable.assign(tf.sub(variable, move));
  }

  #clip(gradients: readonly Tensors[string][], limit: number): number {
    const { tf } = this.#session;
    const squares = gradients.map((g) => tf.sum(tf.square(g)).dataSync()[0]!);
    const norm = Math.sqrt(squares.reduce((a, b) => a + b, 0));
    return norm > limit ? limit / norm : 1;
  }

  #zeros(variable: Variable): Moments {
    const { tf } = this.#session;
    const make = () => tf.tidy(() => tf.variable(tf.zerosLike(variable), false)) as Variable;
    return { first: make(), second: make() };
  }

  /** Moments as `first/<variable>` and `second/<variable>`, and the number of steps: all that resuming needs. */
  async state(): Promise<{ readonly tensors: NamedArrays; readonly steps: number }> {
    const tensors: Record<string, NamedArray> = {};
    for (const [name, moments] of this.#moments ?? [])
      for (const [kind, variable] of Object.entries(moments) as [string, Variable][])
        tensors[`${kind}/${name}`] = { data: (await variable.data()) as Float32Array, shape: variable.shape };
    return { tensors, steps: this.#steps };
  }

  restore(state: { readonly tensors: NamedArrays; readonly steps: number }): void {
    const { tf } = this.#session;
    this.dispose();
    this.#steps = state.steps;
    if (state.steps === 0) return;
    const read = (name: string) => {
      const array = state.tensors[name];
      assert(array, `the checkpoint has no moment "${name}"`, { where: { call: "Adam" } });
      return tf.tidy(() =>
        tf.variable(tf.tensor(array.data, [...array.shape], "float32"), false),
      ) as Variable;
    };
    const names = Object.keys(state.tensors).flatMap((key) =>
      key.startsWith("first/") ? [key.slice(6)] : [],
    );
    this.#moments = new Map(
      names.map((name) => [name, { first: read(`first/${name}`), second: read(`second/${name}`) }]),
    );
  }

  dispose(): void {
    for (const { first, second } of this.#moments?.values() ?? []) {
      first.dispose();
      second.dispose();
    }
    this.#moments = undefined;
  }
}

/** Moments of one variable must not reach another. */
function assertSame(
  moments: ReadonlyMap<string, Moments>,
  variables: readonly (readonly [string, Variable])[],
): void {
  const other = variables.find(
    ([name, { shape }]) => String(moments.get(name)?.first.shape) !== String(shape),
  );
  assert(
    other === undefined && variables.length === moments.size,
    other
      ? `the variable "${other[0]}" of shape [${other[1].shape.join(", ")}] is not among those given before`
      : `given ${variables.length} variables, before ${moments.size}`,
    {
      where: "step.optimize",
      hint: "give an optimizer always the same variables; use another name for others",
    },
  );
}
