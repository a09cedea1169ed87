import type { Variable } from "@tensorflow/tfjs-core";
import { assert } from "../../base/errors/index.ts";
import type { AdamStep, AdamVariable, TensorSession } from "../backends/index.ts";
import type { NamedArray } from "./arrays.ts";
import { DECAYS, type DecayOptions, isDecaying } from "./decay.ts";
import { clippingScale } from "./gradient-scale.ts";
import {
  assertFiniteLoss,
  type GradientOf,
  type Optimizer,
  type OptimizerState,
  type RunningOptimizer,
} from "./optimizer.ts";

/** Options of Adam (Kingma and Ba 2015) and AdamW (Loshchilov and Hutter 2019). */
export interface AdamOptions {
  /** Default 1e-4, the capstone's. */
  readonly learningRate?: number;
  /** Default 0.9 and 0.999 (Kingma and Ba 2015). */
  readonly beta1?: number;
  readonly beta2?: number;
  /** Default 1e-8, outside the root, as in the paper and in PyTorch. */
  readonly epsilon?: number;
  /** Gradients are scaled down together when their joint L2 norm exceeds this. Default: never. */
  readonly clipNorm?: number | null;
}

/** Options of AdamW: those of Adam, and its decay. */
export interface AdamWOptions extends AdamOptions, DecayOptions {
  /** Each step multiplies those weights that decay by 1 - learning rate · this. Default 0.01, PyTorch's. */
  readonly weightDecay?: number;
}

/** Adam. @throws MidashError `invalid-argument` for impossible options */
export function adam(options: AdamOptions = {}): Optimizer {
  return adamOf("adam", { ...options, weightDecay: 0 });
}

/** Adam with decoupled weight decay. @throws MidashError `invalid-argument` for impossible options */
export function adamw(options: AdamWOptions = {}): Optimizer {
  return adamOf("adamw", { weightDecay: 0.01, ...options });
}

type Resolved = Required<AdamWOptions> & { readonly clipNorm: number };

function adamOf(name: "adam" | "adamw", options: AdamWOptions): Optimizer {
  const where = { call: `optimizers.${name}` };
  const { learningRate = 1e-4, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
  const { decays = "filters" } = options;
  const clipNorm = options.clipNorm ?? Number.POSITIVE_INFINITY; // JSON says null
  assert(learningRate > 0, `learningRate must be positive, got ${learningRate}`, { where });
  assert(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1, "beta1 and beta2 lie in 0 to 1", { where });
  assert(epsilon > 0 && clipNorm > 0, "epsilon and clipNorm must be positive", { where });
  assert(weightDecay >= 0, `weightDecay must not be negative, got ${weightDecay}`, { where });
  assert(DECAYS.includes(decays), `decays is one of ${DECAYS.join(", ")}, got ${decays}`, { where });
  const resolved: Resolved = { learningRate, beta1, beta2, epsilon, clipNorm, weightDecay, decays };
  return {
    name,
    about: name === "adam" ? "Adam" : "Adam with decoupled weight decay",
    learningRate,
    // JSON has no infinity: null stands for "never".
    toJSON: () => ({
      name,
      learningRate,
      beta1,
      beta2,
      epsilon,
      clipNorm: Number.isFinite(clipNorm) ? clipNorm : null,
      ...(name === "adamw" ? { weightDecay, decays } : {}),
    }),
    withRate: (rate) => adamOf(name, { ...resolved, learningRate: rate }),
    create: (session) => new RunningAdam(session, resolved),
  };
}

/** First and second moments of one variable. */
interface Moments {
  readonly first: Variable;
  readonly second: Variable;
}

class RunningAdam implements RunningOptimizer {
  readonly #session: TensorSession;
  readonly #options: Resolved;
  readonly #moments = new Map<string, Moments>();
  #steps = 0;

  constructor(session: TensorSession, options: Resolved) {
    this.#session = session;
    this.#options = options;
  }

  async step(
    gradients: readonly GradientOf[],
    { loss, rate }: { readonly loss: number; readonly rate: number },
  ) {
    const { tf, adam } = this.#session.tensors;
    const { learningRate, beta1, beta2, epsilon, clipNorm, weightDecay, decays } = this.#options;
    assertFiniteLoss(loss, this.#steps + 1);
    this.#steps++;
    // Bias corrections folded into the step size and epsilon, so that each variable needs fewer passes.
    // The one kernel takes 1 - β of β as float32, which is 1e-5 off for 0.999: corrections by that very β make means of its moments all the same.
    const [first, second] = adam ? [Math.fround(beta1), Math.fround(beta2)] : [beta1, beta2];
    const root = Math.sqrt(1 - second ** this.#steps);
    const size = (rate * learningRate * root) / (1 - first ** this.#steps);
    const scale = await clippingScale(tf, gradients, clipNorm);
    tf.tidy(() => {
      for (const { variable } of gradients)
        if (weightDecay > 0 && isDecaying(variable, decays))
          variable.assign(tf.mul(variable, 1 - rate * learningRate * weightDecay));
    });
    const given = gradients.map(({ name, variable, gradient }): AdamVariable => {
      return { weights: variable, gradient, ...(this.#moments.get(name) ?? this.#begin(name, variable)) };
    });
    const how = { beta1, beta2, scale, size, epsilon: epsilon * root };
    if (adam) adam(given, how);
    else for (const each of given) tf.tidy(() => this.#update(each, how));
    return { skipped: false };
  }

  /** By tf's ops. */
  #update(
    { weights, gradient, first, second }: AdamVariable,
    { beta1, beta2, scale, size, epsilon }: Parameters<AdamStep>[1],
  ): void {
    const { tf } = this.#session.tensors;
    const g = scale === 1 ? gradient : tf.mul(gradient, scale);
    first.assign(tf.add(tf.mul(first, beta1), tf.mul(g, 1 - beta1)));
    second.assign(tf.add(tf.mul(second, beta2), tf.mul(tf.square(g), 1 - beta2)));
    const move = tf.div(tf.mul(first, size), tf.add(tf.sqrt(second), epsilon));
    weights.assign(tf.sub(weights, move));
  }

  #begin(name: string, variable: Variable): Moments {
    const { tf } = this.#session.tensors;
    const make = () => tf.tidy(() => tf.variable(tf.zerosLike(variable), false)) as Variable;
    const moments = { first: make(), second: make() };
    this.#moments.set(name, moments);
    return moments;
  }

  /** Moments as `first/<variable>` and `second/<variable>`. */
  async state(): Promise<OptimizerState> {
    const tensors: Record<string, NamedArray> = {};
    for (const [name, moments] of this.#moments)
      for (const [kind, variable] of Object.entries(moments) as [string, Variable][])
        tensors[`${kind}/${name}`] = { data: (await variable.data()) as Float32Array, shape: variable.shape };
    return { tensors, steps: this.#steps };
  }

  restore({ tensors, steps }: OptimizerState): void {
    const { tf } = this.#session.tensors;
    this.dispose();
    this.#steps = steps;
    const read = (name: string) => {
      const array = tensors[name];
      assert(array, `the checkpoint has no moment "${name}"`, { where: { call: "Adam" } });
      return tf.tidy(() =>
        tf.variable(tf.tensor(array.data, [...array.shape], "float32"), false),
      ) as Variable;
    };
    for (const key of Object.keys(tensors)) {
      if (!key.startsWith("first/")) continue;
      const name = key.slice("first/".length);
      this.#moments.set(name, { first: read(`first/${name}`), second: read(`second/${name}`) });
    }
  }

  dispose(): void {
    this.#session.tensors.tf.dispose(
      [...this.#moments.values()].flatMap(({ first, second }) => [first, second]),
    );
    this.#moments.clear();
  }
}
