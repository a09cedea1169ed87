/**
 * Conditional diffusion: CT is denoised step by step, with the MR as further input channels. Continuous time and
 * v-prediction (Salimans and Ho 2022, "Progressive distillation"), cosine schedule (Nichol and Dhariwal 2021), sampled by
 * DDIM (Song et al. 2021).
 *
 * With t from 0 (CT) to 1 (noise): z = α·x + σ·ε, α = cos(πt/2), σ = sin(πt/2); the network gives v = α·ε - σ·x, so that
 * x = α·z - σ·v and ε = σ·z + α·v.
 *
 * @example
 * import { Diffusion } from "@midash/core/models/diffusion";
 * const spec = Diffusion({ baseFilters: 32, steps: 10 });
 *
 * @module
 */
import type { Tensor, Tensor2D, Tensor4D } from "@tensorflow/tfjs-core";
import { throwIfAborted } from "../../base/errors/index.ts";
import { option } from "../../base/options/index.ts";
import type { Session } from "../backends/index.ts";
import { losses, type NamedArrays } from "../learning/index.ts";
import type { Batch, TrainBatch } from "./batch.ts";
import { defineModel, type ModelConfig } from "./define-model.ts";
import { FREQUENCIES, fillNormal, noiseOf, RANGE, schedule } from "./diffusion-schedule.ts";
import { LEAK, normLinear } from "./layers.ts";
import type { CreateOptions, NamedLosses, TrainableModel, TrainStep } from "./model.ts";
import { diffusionNetwork } from "./onnx/diffusion-network.ts";
import { checkWeights, type ParameterPlan, Parameters } from "./parameters.ts";
import type { PredictOptions } from "./predict-options.ts";
import { assertSamples, maskOf, tensorOf } from "./samples.ts";
import { type ResolvedUNetConfig, UNET_OPTIONS } from "./unet-config.ts";
import { type Block, UNetNetwork, unetPlan, unetSampleBytes } from "./unet-network.ts";

const { inChannels, baseFilters, levels, upsampling } = UNET_OPTIONS;

const OPTIONS = {
  inChannels,
  baseFilters,
  levels,
  upsampling,
  steps: option.integer({
    default: 10,
    min: 1,
    max: 1000,
    about: "DDIM steps of synthesis, each one pass of the network; with an MR to go by, more change little",
  }),
} as const;

/** Options of {@link Diffusion}. All travel in the model file. */
export type DiffusionConfig = ModelConfig<typeof OPTIONS>;

/** Weight in the loss of pixels that have none; that of the ring around the body. */
const OUTSIDE_WEIGHT = 0.1;
/** Features of time after the first layer. */
const TIME_FEATURES = 64;

/**
 * A diffusion recipe. Synthesis draws its noise from the synthesizer's seed: the same seed gives the same sCT. The loss is
 * always the mean square of v's error over the weighted pixels, not the run's.
 *
 * @throws MidashError `invalid-argument` for unknown or impossible options
 */
export const Diffusion = defineModel({
  name: "diffusion",
  about: "conditional diffusion: cosine schedule, v-prediction, DDIM; a U-Net that knows the time",
  options: OPTIONS,
  spec(config) {
    const multipleOf = 2 ** (config.levels - 1);
    return {
      input: { channels: config.inChannels, dims: 2, multipleOf },
      outputs: [{ kind: "ct", name: "ct", range: RANGE }],
      sampleBytes: (size) => unetSampleBytes(networkOf(config), size),
      create: (session, options): Promise<TrainableModel> =>
        session.run(() => new DiffusionModel(session, { ...config, multipleOf }, options)),
      onnx(weights) {
        const unet = networkOf(config);
        checkWeights(planOf(unet), weights);
        return diffusionNetwork({ ...config, outChannels: 1, unet }, weights);
      },
    };
  },
});

interface Resolved extends Pick<ResolvedUNetConfig, "inChannels" | "baseFilters" | "levels" | "upsampling"> {
  readonly steps: number;
  readonly multipleOf: number;
}

class DiffusionModel implements TrainableModel {
  readonly #session: Session;
  readonly #config: Resolved;
  readonly #parameters: Parameters;
  readonly #network: UNetNetwork;

  constructor(session: Session, config: Resolved, { random, weights }: CreateOptions) {
    const unet = networkOf(config);
    this.#session = session;
    this.#config = config;
    this.#parameters = Parameters.create(session, planOf(unet), random, weights);
    this.#network = new UNetNetwork(session.tf, unet, this.#parameters);
  }

  async predict(batch: Batch, { random, signal }: PredictOptions): Promise<Batch> {
    this.#check(batch);
    const { tf } = this.#session;
    const { steps } = this.#config;
    const [n, h, w] = batch.shape as [number, number, number];
    const noise = noiseOf(n, h * w, random);
    return this.#session.run(async () => {
      const x = tensorOf(tf, batch);
      let z = tf.tensor4d(noise, [n, h, w, 1]);
      try {
        for (let k = steps; k > 0; k--) {
          throwIfAborted(signal);
          const before = z;
          z = tf.tidy(() => this.#denoise(x, before, k / steps, (k - 1) / steps));
          before.dispose();
          await z.data(); // lets backends that queue work catch up
        }
        return { data: (await z.data()) as Float32Array, shape: z.shape };
      } finally {
        tf.dispose([x, z]);
      }
    });
  }

  /** One DDIM step (η = 0) from time t to the earlier time s. */
  #denoise(x: Tensor4D, z: Tensor4D, t: number, s: number): Tensor4D {
    const { tf } = this.#session;
    const times = new Float32Array(x.shape[0]).fill(t);
    const v = this.#v(x, z, times, false);
    const [alpha, sigma] = schedule(t);
    const ct = tf.clipByValue(tf.sub(tf.mul(z, alpha), tf.mul(v, sigma)), ...RANGE);
    if (s === 0) return ct as Tensor4D;
    // The noise that leads from z to the clipped CT (sigma > 0, as t > 0).
    const noise = tf.div(tf.sub(z, tf.mul(ct, alpha)), sigma);
    const [alphaS, sigmaS] = schedule(s);
    return tf.add(tf.mul(ct, alphaS), tf.mul(noise, sigmaS)) as Tensor4D;
  }

  async trainStep(batch: TrainBatch, step: TrainStep): Promise<NamedLosses> {
    const { tf } = this.#session;
    this.#check(batch.input);
    const target = batch.targets.ct!;
    const [n] = target.shape as [number];
    // One time in each n-th of [0, 1): covers all noise levels in every batch.
    const times = Float32Array.from({ length: n }, (_, i) => (i + step.random.next()) / n);
    const noise = fillNormal(new Float32Array(target.data.length), step.random);
    return this.#session.run(async () => {
      const x = tensorOf(tf, batch.input);
      const [z, v, weight] = tf.tidy(() => {
        // Where nothing is to be learnt the CT counts as 0, lightly: else the network would be free there, and what it makes
        // of nothing would come back to it with every step of synthesis.
        const mask = maskOf(tf, target);
        const ct = tf.mul(tensorOf(tf, target), tf.cast(tf.greater(mask, 0), "float32")) as Tensor4D;
        const perSample = (values: Float32Array) => tf.tensor4d(values, [n, 1, 1, 1]);
        const alpha = perSample(times.map((t) => schedule(t)[0]));
        const sigma = perSample(times.map((t) => schedule(t)[1]));
        const epsilon = tf.tensor4d(noise, ct.shape);
        return [
          tf.add(tf.mul(ct, alpha), tf.mul(epsilon, sigma)) as Tensor4D,
          tf.sub(tf.mul(epsilon, alpha), tf.mul(ct, sigma)) as Tensor4D,
          tf.maximum(mask, OUTSIDE_WEIGHT),
        ];
      });
      const squares = await losses.l2({ of: "v" }).open(this.#session);
      const { loss } = await step
        .optimize("model", this.#parameters.trainable(), () =>
          squares.value({ v: this.#v(x, z, times, true) }, { v: { values: v, weight } }),
        )
        .finally(() => tf.dispose([x, z, v, weight]));
      return { loss };
    });
  }

  /** The network: MR, noisy CT and the time of each sample -> v, [N, H, W, out]. */
  #v(x: Tensor4D, z: Tensor4D, times: Float32Array, training: boolean): Tensor4D {
    const { tf } = this.#session;
    const features = this.#timeFeatures(times);
    // Scale and shift of each block depend on the time (FiLM, Perez et al. 2018). After the norm, which would take away a mere offset.
    const block: Block = (name, h) => {
      const channels = h.shape[h.shape.length - 1]!;
      const normal = normLinear(tf, h, this.#get(`${name}.norm.weight`), this.#get(`${name}.bias`));
      const film = tf.add(
        tf.matMul(features, this.#get(`${name}.time.weight`) as Tensor2D),
        this.#get(`${name}.time.bias`),
      );
      const [scale, shift] = tf.split(tf.reshape(film, [-1, 1, 1, 2 * channels]), 2, 3) as [Tensor, Tensor];
      return tf.leakyRelu(tf.add(tf.mul(normal, tf.add(scale, 1)), shift), LEAK) as typeof h;
    };
    return this.#network.forward(tf.concat([x, z], 3), training, block);
  }

  /** [N] -> [N, TIME_FEATURES]. */
  #timeFeatures(times: Float32Array): Tensor2D {
    const { tf } = this.#session;
    const waves = new Float32Array(times.length * 2 * FREQUENCIES);
    for (const [n, t] of times.entries())
      for (let k = 0; k < FREQUENCIES; k++) {
        const angle = (Math.PI / 2) * (k + 1) * t;
        waves[n * 2 * FREQUENCIES + 2 * k] = Math.sin(angle);
        waves[n * 2 * FREQUENCIES + 2 * k + 1] = Math.cos(angle);
      }
    const input = tf.tensor2d(waves, [times.length, 2 * FREQUENCIES]);
    const hidden = tf.add(tf.matMul(input, this.#get("time.weight") as Tensor2D), this.#get("time.bias"));
    return tf.leakyRelu(hidden, LEAK) as Tensor2D;
  }

  weights(): Promise<NamedArrays> {
    return this.#session.run(() => this.#parameters.read());
  }

  dispose(): void {
    this.#parameters.dispose();
  }

  #get(name: string): Tensor {
    return this.#parameters.get(name);
  }

  #check(batch: Batch): void {
    const { inChannels: channels, multipleOf } = this.#config;
    assertSamples(batch, { channels, dims: 2, multipleOf }, "diffusion");
  }
}

/** The network that gives v: a U-Net that sees MR and noisy CT. */
function networkOf(config: Omit<Resolved, "steps" | "multipleOf">): ResolvedUNetConfig {
  const inChannels = config.inChannels + 1;
  return { ...config, inChannels, outChannels: 1, dims: 2, norm: "instance", finalActivation: "linear" };
}

/** The U-Net's parameters, and for each of its blocks scale and shift from the time; at first 0, so that time changes nothing. */
function planOf(unet: ResolvedUNetConfig): ParameterPlan {
  const plan = unetPlan(unet);
  const constant = (name: string, shape: number[]) =>
    ({ name, shape, initial: { type: "constant", value: 0 }, trainable: true }) as const;
  const blocks = plan.flatMap(({ name, shape }) => {
    if (!name.endsWith(".norm.weight")) return [];
    const prefix = name.slice(0, -".norm.weight".length);
    const channels = shape[0]!;
    return [
      constant(`${prefix}.time.weight`, [TIME_FEATURES, 2 * channels]),
      constant(`${prefix}.time.bias`, [2 * channels]),
    ];
  });
  return [
    ...plan,
    {
      name: "time.weight",
      shape: [2 * FREQUENCIES, TIME_FEATURES],
      initial: { type: "he", fanIn: 2 * FREQUENCIES },
      trainable: true,
    },
    constant("time.bias", [TIME_FEATURES]),
    ...blocks,
  ];
}
