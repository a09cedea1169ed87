import type { Variable } from "@tensorflow/tfjs-core";
import { MidashError } from "../../base/errors/index.ts";
import type { Random } from "../../base/random/index.ts";
import type { Session, Tf } from "../backends/index.ts";
import type { NamedArray, NamedArrays } from "../learning/index.ts";

/** How a parameter begins. */
export type Initial =
  | { readonly type: "he"; readonly fanIn: number }
  | { readonly type: "constant"; readonly value: number };

/** Names, shapes and initial values of all parameters, in order. */
export type ParameterPlan = readonly {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initial: Initial;
  readonly trainable: boolean;
}[];

/** A model's tensors by name. Made and used inside `session.run`. */
export class Parameters {
  readonly #variables = new Map<string, Variable>();

  readonly #tf: Tf;

  private constructor(tf: Tf) {
    this.#tf = tf;
  }

  static create(session: Session, plan: ParameterPlan, random: Random, weights?: NamedArrays): Parameters {
    const parameters = new Parameters(session.tf);
    if (weights) checkWeights(plan, weights); // all of them first: weights that are refused leave no tensors behind
    for (const { name, shape, initial, trainable } of plan) {
      const data = weights ? weights[name]!.data : initialise(shape, initial, random);
      const tensor = session.tf.tensor(data, [...shape], "float32");
      // An engine-wide name must be unique; tf makes one when none is given.
      parameters.#variables.set(name, session.tf.variable(tensor, trainable));
      tensor.dispose();
    }
    return parameters;
  }

  get(name: string): Variable {
    const variable = this.#variables.get(name);
    if (!variable) throw new MidashError("internal", `no parameter "${name}"`);
    return variable;
  }

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

  async read(): Promise<NamedArrays> {
    const out: Record<string, NamedArray> = {};
    for (const [name, variable] of this.#variables)
      out[name] = { data: (await variable.data()) as Float32Array, shape: variable.shape };
    return out;
  }

  dispose(): void {
    for (const variable of this.#variables.values()) variable.dispose();
    this.#variables.clear();
  }
}

function initialise(shape: readonly number[], initial: Initial, random: Random): Float32Array {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  if (initial.type === "constant") return data.fill(initial.value);
  // He et al. 2015: keeps the variance of activations through rectifiers.
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
