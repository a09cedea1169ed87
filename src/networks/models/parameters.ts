import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import { MidashError } from "../../base/errors/index.ts";
import type { Random } from "../../base/random/index.ts";
import type { TensorSession, Tf } from "../backends/index.ts";
import type { NamedArray, NamedArrays, Weights } from "../layers/index.ts";
import type { CreateOptions } from "./model.ts";

/** How a parameter begins. */
export type Initial =
  | { readonly type: "he"; readonly fanIn: number }
  | { readonly type: "constant"; readonly value: number };

/** One array of weights: how it is called, how large it is and how it begins. */
export interface ParameterSpec {
  /** In model files and checkpoints. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly initial: Initial;
  readonly trainable: boolean;
}

/** All weights of a network, in the order in which their initial values are drawn. */
export type ParameterPlan = readonly ParameterSpec[];

/**
 * Makes the entries of a {@link ParameterPlan}.
 *
 * @example
 * const plan = [parameter.he("weight", [3, 3, 1, 16]), parameter.constant("bias", [16], 0)];
 */
export const parameter = {
  /**
   * Normal with variance 2 / fanIn (He et al. 2015): keeps the variance of activations through rectifiers.
   *
   * @param fanIn values that each result is a sum of. Default: the product of all axes but the last, as in filters [(fD,) fH, fW, in, out]
   */
  he: (
    name: string,
    shape: readonly number[],
    fanIn = shape.slice(0, -1).reduce((a, b) => a * b, 1),
  ): ParameterSpec => ({ name, shape, initial: { type: "he", fanIn }, trainable: true }),
  /** The same value everywhere. */
  constant: (name: string, shape: readonly number[], value: number): ParameterSpec => ({
    name,
    shape,
    initial: { type: "constant", value },
    trainable: true,
  }),
  /** As `constant`, but not the optimizer's to change: running statistics. */
  fixed: (name: string, shape: readonly number[], value: number): ParameterSpec => ({
    ...parameter.constant(name, shape, value),
    trainable: false,
  }),
} as const;

/** A network's weights as variables, by name: the {@link Weights} of its layers on tensors. Made and used inside `session.run`. */
export class Parameters implements Weights<Tensor> {
  readonly #variables = new Map<string, Variable>();
  readonly #frozen = new Set<string>();

  readonly #tf: Tf;

  private constructor(tf: Tf) {
    this.#tf = tf;
  }

  /**
   * @param options what a recipe's `create` was given
   * @throws MidashError `invalid-file` when names or shapes of the weights don't fit the plan
   */
  static create(
    session: TensorSession,
    plan: ParameterPlan,
    { random, weights, frozen = () => false }: CreateOptions,
  ): Parameters {
    const { tf } = session.tensors;
    const parameters = new Parameters(tf);
    if (weights) checkWeights(plan, weights); // all of them first: weights that are refused leave no tensors behind
    for (const { name, shape, initial, trainable } of plan) {
      const data = weights ? weights[name]!.data : initialise(shape, initial, random);
      const tensor = tf.tensor(data, [...shape], "float32");
      // An engine-wide name must be unique; tf makes one when none is given.
      parameters.#variables.set(name, tf.variable(tensor, trainable && !frozen(name)));
      if (frozen(name)) parameters.#frozen.add(name);
      tensor.dispose();
    }
    return parameters;
  }

  /** @throws MidashError when the plan has none of that name */
  get(name: string): Variable {
    const variable = this.#variables.get(name);
    if (!variable) throw new MidashError("internal", `no parameter "${name}"`);
    return variable;
  }

  /** Whether it stays as it is, running statistics too. */
  isFrozen(name: string): boolean {
    return this.#frozen.has(name);
  }

  /** What an optimizer may change, by name. */
  trainable(): Readonly<Record<string, Variable>> {
    return Object.fromEntries([...this.#variables].filter(([, variable]) => variable.trainable));
  }

  /** Sets all values. @throws MidashError `invalid-file` when names or shapes don't fit */
  write(arrays: NamedArrays): void {
    checkWeights(
      [...this.#variables].map(([name, { shape }]) => ({ name, shape })),
      arrays,
    );
    for (const [name, variable] of this.#variables) {
      const tensor = this.#tf.tensor(arrays[name]!.data, variable.shape, "float32");
      variable.assign(tensor);
      tensor.dispose();
    }
  }

  /** All values: what a model's `weights` gives. */
  async read(): Promise<NamedArrays> {
    const out: Record<string, NamedArray> = {};
    for (const [name, variable] of this.#variables)
      out[name] = { data: (await variable.data()) as Float32Array, shape: variable.shape };
    return out;
  }

  /** Frees all variables. */
  dispose(): void {
    for (const variable of this.#variables.values()) variable.dispose();
    this.#variables.clear();
  }
}

function initialise(shape: readonly number[], initial: Initial, random: Random): Float32Array {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  if (initial.type === "constant") return data.fill(initial.value);
  const sd = Math.sqrt(2 / initial.fanIn);
  for (let i = 0; i < data.length; i++) data[i] = random.normal(0, sd);
  return data;
}

/** @throws MidashError `invalid-file` when names or shapes don't fit */
export function checkWeights(
  plan: readonly Pick<ParameterPlan[number], "name" | "shape">[],
  weights: NamedArrays,
): void {
  const expected = new Set(plan.map((p) => p.name));
  const missing = [...expected].filter((name) => !(name in weights));
  const surplus = Object.keys(weights).filter((name) => !expected.has(name));
  if (missing.length + surplus.length > 0)
    throw new MidashError(
      "invalid-file",
      `weights don't fit the model (missing: ${missing.slice(0, 3).join(", ") || "none"}; unknown: ${surplus.slice(0, 3).join(", ") || "none"})`,
      { hint: "use the config that the weights were trained with" },
    );
  for (const { name, shape } of plan) checkShape(name, shape, weights[name]!);
}

function checkShape(name: string, shape: readonly number[], array: NamedArray): void {
  if (array.shape.length !== shape.length || array.shape.some((n, d) => n !== shape[d]))
    throw new MidashError(
      "invalid-file",
      `weight "${name}" has shape [${array.shape.join(", ")}], the model needs [${shape.join(", ")}]`,
      { hint: "use the config that the weights were trained with" },
    );
}
