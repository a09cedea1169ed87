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
import type { Tensor } from "@tensorflow/tfjs-core";
import { throwIfAborted } from "../../base/errors/index.ts";
import { option } from "../../base/options/index.ts";
import type { TensorSession } from "../backends/index.ts";
import type { Layers, NamedArrays, Weights } from "../layers/index.ts";
import { l2 } from "../learning/index.ts";
import type { Batch, TrainBatch } from "./batch.ts";
import { defineModel, type ModelConfig } from "./define-model.ts";
import { fillNormal, noiseOf, RANGE, schedule } from "./diffusion-schedule.ts";
import { channelsFirst, channelsLast, type GraphNetwork, spaceOf } from "./graph-network.ts";
import type { CreateOptions, NamedLosses, SampleSpec, TrainableModel, TrainStep } from "./model.ts";
import { type ParameterPlan, Parameters, parameter } from "./parameters.ts";
import type { PredictOptions } from "./predict-options.ts";
import { assertSamples, maskOf, tensorOf } from "./samples.ts";
import { type ResolvedUNetConfig, UNET_OPTIONS } from "./unet-config.ts";
import { type Block, unetForward, unetPlan, unetSampleBytes } from "./unet-network.ts";

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
/** Sines and cosines of time that the network sees, and features after its first layer. */
const [FREQUENCIES, TIME_FEATURES] = [8, 64];

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
    const input: SampleSpec = { channels: config.inChannels, dims: 2, multipleOf: 2 ** (config.levels - 1) };
    const unet: ResolvedUNetConfig = {
      ...config,
      inChannels: config.inChannels + 1, // MR and noisy CT
      outChannels: 1,
      dims: 2,
      norm: "instance",
    };
    const resolved: Resolved = { input, unet, steps: config.steps };
    return {
      input,
      outputs: [{ kind: "ct", name: "ct", range: RANGE }],
      sampleBytes: (size) => unetSampleBytes(unet, size),
      create: (session, options): Promise<TrainableModel> =>
        session.run(() => new DiffusionModel(session, resolved, options)),
      graph: (weights) => diffusionGraph(resolved, weights),
    };
  },
});

interface Resolved {
  readonly input: SampleSpec;
  readonly unet: ResolvedUNetConfig;
  readonly steps: number;
}

/** MR and noisy CT, [N, H, W, C], and the time of each sample, [N]. */
interface Inputs<T> {
  readonly image: T;
  readonly noisy: T;
  readonly time: T;
}

/** The network: v, [N, H, W, 1]. A U-Net that sees MR, noisy CT and time. */
function forward<T>(
  layers: Layers<T>,
  weights: Weights<T>,
  { image, noisy, time }: Inputs<T>,
  unet: ResolvedUNetConfig,
): T {
  const dense = (x: T, name: string) =>
    layers.dense(x, weights.get(`${name}.weight`), weights.get(`${name}.bias`));
  const features = layers.leaky(dense(layers.waves(time, FREQUENCIES), "time")); // [N, TIME_FEATURES]
  // Scale and shift of each block depend on the time (FiLM, Perez et al. 2018). After the norm, which would take away a mere offset.
  const block: Block<T> = (name, x, channels) => {
    const [gamma, beta] = [weights.get(`${name}.norm.weight`), weights.get(`${name}.bias`)];
    const normal = layers.normLeaky(x, gamma, beta, { slope: 1 });
    const film = layers.overPixels(dense(features, `${name}.time`), 2);
    const [scale, shift] = layers.split(film, [channels, channels]) as [T, T];
    return layers.leaky(layers.add(layers.multiply(normal, layers.add(scale, 1)), shift));
  };
  return unetForward(layers, weights, layers.concat([image, noisy]), unet, block);
}

/**
 * The network as a graph: `image` [batch, in, H, W], `noisy` [batch, 1, H, W] and `time` [batch], from 0 to 1, to `v` [batch, 1, H, W]. One pass
 * and not the whole sampler: the file would grow with the number of steps, which is the user's to choose, and so is the noise.
 */
async function diffusionGraph(config: Resolved, weights: NamedArrays): Promise<GraphNetwork> {
  const { writtenGraph } = await import("./network-graph.ts"); // as graphOf does
  const { input, unet } = config;
  const space = spaceOf(input.dims);
  const network = { name: "diffusion", plan: planOf(unet) };
  return {
    graph: writtenGraph(network, weights, ({ builder, layers, weights }) => {
      const inputs = {
        image: builder.input("image", ["batch", input.channels, ...space]),
        noisy: builder.input("noisy", ["batch", 1, ...space]),
        time: builder.input("time", ["batch"]),
      };
      builder.output("v", forward(layers, weights, inputs, unet), ["batch", 1, ...space]);
    }),
    predict: (pass, batch, options) =>
      sample(config.steps, batch, options, async (noisy, time) => {
        const n = batch.shape[0]!;
        const outputs = await pass({
          image: channelsFirst(batch),
          noisy: channelsFirst(noisy),
          time: { data: new Float32Array(n).fill(time), shape: [n] },
        });
        return channelsLast(outputs.v!).data;
      }),
  };
}

/** DDIM (η = 0). @param v the network's output for a noisy CT at a time */
async function sample(
  steps: number,
  { shape: [n, h, w] }: Batch,
  { random, signal }: PredictOptions,
  v: (noisy: Batch, time: number) => Promise<Float32Array>,
): Promise<Batch> {
  const shape = [n!, h!, w!, 1];
  let z = noiseOf(n!, h! * w!, random);
  for (let k = steps; k > 0; k--) {
    throwIfAborted(signal);
    z = earlier(z, await v({ data: z, shape }, k / steps), k / steps, (k - 1) / steps);
  }
  return { data: z, shape };
}

/** From time t to the earlier time s, 0 being the CT. */
function earlier(z: Float32Array, v: Float32Array, t: number, s: number): Float32Array {
  const [alpha, sigma] = schedule(t);
  const [alphaS, sigmaS] = schedule(s);
  return z.map((value, i) => {
    const ct = Math.min(RANGE[1], Math.max(RANGE[0], alpha * value - sigma * v[i]!));
    // The noise that leads from z to the clipped CT (sigma > 0, as t > 0).
    return s === 0 ? ct : alphaS * ct + (sigmaS * (value - alpha * ct)) / sigma;
  });
}

class DiffusionModel implements TrainableModel {
  readonly #session: TensorSession;
  readonly #config: Resolved;
  readonly #parameters: Parameters;

  constructor(session: TensorSession, config: Resolved, options: CreateOptions) {
    this.#session = session;
    this.#config = config;
    this.#parameters = Parameters.create(session, planOf(config.unet), options);
  }

  async predict(batch: Batch, options: PredictOptions): Promise<Batch> {
    this.#check(batch);
    const { tf, layers } = this.#session.tensors;
    return this.#session.run(async () => {
      const image = tensorOf(tf, batch);
      const v = async (noisy: Batch, time: number) => {
        const y = tf.tidy(() => {
          const inputs = {
            image,
            noisy: tensorOf(tf, noisy),
            time: tf.tensor1d(new Float32Array(batch.shape[0]!).fill(time)),
          };
          return forward(layers.inference, this.#parameters, inputs, this.#config.unet);
        });
        const data = (await y.data()) as Float32Array;
        y.dispose();
        return data;
      };
      return sample(this.#config.steps, batch, options, v).finally(() => image.dispose());
    });
  }

  async trainStep(batch: TrainBatch, step: TrainStep): Promise<NamedLosses> {
    const { tf, layers } = this.#session.tensors;
    this.#check(batch.input);
    const target = batch.targets.ct!;
    const [n] = target.shape as [number];
    // One time in each n-th of [0, 1): covers all noise levels in every batch.
    const times = Float32Array.from({ length: n }, (_, i) => (i + step.random.next()) / n);
    const noise = fillNormal(new Float32Array(target.data.length), step.random);
    return this.#session.run(async () => {
      const image = tensorOf(tf, batch.input);
      const [noisy, time, v, weight] = tf.tidy(() => {
        // Where nothing is to be learnt the CT counts as 0, lightly: else the network would be free there, and what it makes
        // of nothing would come back to it with every step of synthesis.
        const mask = maskOf(tf, target);
        const ct = tf.mul(tensorOf(tf, target), tf.cast(tf.greater(mask, 0), "float32"));
        const perSample = (values: Float32Array) => tf.tensor4d(values, [n, 1, 1, 1]);
        const alpha = perSample(times.map((t) => schedule(t)[0]));
        const sigma = perSample(times.map((t) => schedule(t)[1]));
        const epsilon = tf.tensor(noise, ct.shape);
        return [
          tf.add(tf.mul(ct, alpha), tf.mul(epsilon, sigma)),
          tf.tensor1d(times),
          tf.sub(tf.mul(epsilon, alpha), tf.mul(ct, sigma)),
          tf.maximum(mask, OUTSIDE_WEIGHT),
        ] as [Tensor, Tensor, Tensor, Tensor];
      });
      const squares = await l2({ of: "v" }).open(this.#session);
      const network = () =>
        forward(layers.training, this.#parameters, { image, noisy, time }, this.#config.unet);
      const { loss } = await step
        .optimize("model", this.#parameters.trainable(), () =>
          squares.value({ v: network() }, { v: { values: v, weight } }),
        )
        .finally(() => tf.dispose([image, noisy, time, v, weight]));
      return { loss };
    });
  }

  weights(): Promise<NamedArrays> {
    return this.#session.run(() => this.#parameters.read());
  }

  dispose(): void {
    this.#parameters.dispose();
  }

  #check(batch: Batch): void {
    assertSamples(batch, this.#config.input, "diffusion");
  }
}

/** The U-Net's parameters, and for each of its blocks scale and shift from the time; at first 0, so that time changes nothing. */
function planOf(unet: ResolvedUNetConfig): ParameterPlan {
  const plan = unetPlan(unet);
  const blocks = plan.flatMap(({ name, shape }) => {
    if (!name.endsWith(".norm.weight")) return [];
    const prefix = name.slice(0, -".norm.weight".length);
    const both = 2 * shape[0]!;
    return [
      parameter.constant(`${prefix}.time.weight`, [TIME_FEATURES, both], 0),
      parameter.constant(`${prefix}.time.bias`, [both], 0),
    ];
  });
  return [
    ...plan,
    parameter.he("time.weight", [2 * FREQUENCIES, TIME_FEATURES]),
    parameter.constant("time.bias", [TIME_FEATURES], 0),
    ...blocks,
  ];
}
