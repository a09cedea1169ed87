import type { Variable } from "@tensorflow/tfjs-core";
import { assert } from "../../base/errors/index.ts";
import type { TensorSession, Tf } from "../backends/index.ts";
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

/** Options of stochastic gradient descent. */
export interface SgdOptions extends DecayOptions {
  /** Default 0.01, nnU-Net's. */
  readonly learningRate?: number;
  /** Default 0.99, nnU-Net's. */
  readonly momentum?: number;
  /** Whether the gradient is taken as if the momentum had moved the weights already. Default true, nnU-Net's. */
  readonly nesterov?: boolean;
  /** Each step adds so much of those weights that decay to their gradients, after clipping. Default 0; nnU-Net's is 3e-5, of all. */
  readonly weightDecay?: number;
  /** Gradients are scaled down together when their joint L2 norm exceeds this. Default: never; nnU-Net's is 12. */
  readonly clipNorm?: number | null;
}

type Resolved = Required<SgdOptions> & { readonly clipNorm: number };

/** Stochastic gradient descent with momentum, Nesterov's unless told otherwise, in PyTorch's form. @throws MidashError `invalid-argument` for impossible options */
export function sgd(options: SgdOptions = {}): Optimizer {
  const {
    learningRate = 0.01,
    momentum = 0.99,
    nesterov = true,
    weightDecay = 0,
    decays = "filters",
  } = options;
  const clipNorm = options.clipNorm ?? Number.POSITIVE_INFINITY; // JSON says null
  const where = { call: "optimizers.sgd" };
  assert(learningRate > 0, `learningRate must be positive, got ${learningRate}`, { where });
  assert(momentum >= 0 && momentum < 1, `momentum lies in 0 to 1, got ${momentum}`, { where });
  assert(weightDecay >= 0, `weightDecay must not be negative, got ${weightDecay}`, { where });
  assert(clipNorm > 0, "clipNorm must be positive", { where });
  assert(DECAYS.includes(decays), `decays is one of ${DECAYS.join(", ")}, got ${decays}`, { where });
  const resolved: Resolved = { learningRate, momentum, nesterov, weightDecay, decays, clipNorm };
  return {
    name: "sgd",
    about: "stochastic gradient descent with Nesterov momentum",
    learningRate,
    toJSON: () => ({ name: "sgd", ...resolved, clipNorm: Number.isFinite(clipNorm) ? clipNorm : null }),
    withRate: (rate) => sgd({ ...resolved, learningRate: rate }),
    create: (session) => new RunningSgd(session, resolved),
  };
}

class RunningSgd implements RunningOptimizer {
  readonly #session: TensorSession;
  readonly #options: Resolved;
  readonly #velocities = new Map<string, Variable>();
  #steps = 0;

  constructor(session: TensorSession, options: Resolved) {
    this.#session = session;
    this.#options = options;
  }

  /** g ← clipped g + decay · w; v ← m · v + g; w ← w - rate · (g + m · v), without Nesterov w ← w - rate · v. */
  async step(
    gradients: readonly GradientOf[],
    { loss, rate }: { readonly loss: number; readonly rate: number },
  ) {
    const { tf } = this.#session.tensors;
    const { learningRate, momentum, nesterov, weightDecay, decays, clipNorm } = this.#options;
    assertFiniteLoss(loss, ++this.#steps);
    const scale = await clippingScale(tf, gradients, clipNorm);
    tf.tidy(() => {
      for (const { name, variable, gradient } of gradients) {
        const velocity = this.#velocities.get(name) ?? this.#keep(name, tf.zerosLike(variable));
        const clipped = scale === 1 ? gradient : tf.mul(gradient, scale);
        const decaying = weightDecay > 0 && isDecaying(variable, decays);
        const g = decaying ? tf.add(clipped, tf.mul(variable, weightDecay)) : clipped;
        velocity.assign(tf.add(tf.mul(velocity, momentum), g));
        const direction = nesterov ? tf.add(g, tf.mul(velocity, momentum)) : velocity;
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
