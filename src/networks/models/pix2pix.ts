/**
 * Pix2Pix (Isola et al. 2017, "Image-to-image translation with conditional adversarial networks"): a U-Net generates,
 * a PatchGAN judges MR and CT together, patch by patch; the generator also has to be close to the CT.
 *
 * Kept minimal: the generator draws nothing (the paper's dropout), and the PatchGAN has three layers.
 *
 * @example
 * import { Pix2Pix } from "@midash/core/models/pix2pix";
 * const spec = Pix2Pix({ baseFilters: 32, lambda: 100 });
 *
 * @module
 */
import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import { option } from "../../base/options/index.ts";
import type { TensorSession, Tf } from "../backends/index.ts";
import type { NamedArrays } from "../layers/index.ts";
import { adam } from "../learning/index.ts";
import type { Batch, TrainBatch } from "./batch.ts";
import { defineModel, type ModelConfig } from "./define-model.ts";
import { graphOf } from "./graph-of.ts";
import type { CreateOptions, ModelState, NamedLosses, TrainableModel, TrainStep } from "./model.ts";
import type { Network } from "./network.ts";
import { NetworkModel } from "./network-model.ts";
import { Parameters } from "./parameters.ts";
import { judge, judgePlan } from "./patch-judge.ts";
import { disposeTargets, targetTensors, tensorOf } from "./samples.ts";
import { type ResolvedUNetConfig, UNET_OPTIONS } from "./unet-config.ts";
import { unetForward, unetPlan, unetSampleBytes } from "./unet-network.ts";

const { inChannels, baseFilters, levels, norm, upsampling } = UNET_OPTIONS;

const OPTIONS = {
  inChannels,
  baseFilters,
  levels,
  norm,
  upsampling,
  discriminatorFilters: option.integer({
    default: 32,
    min: 1,
    about:
      "channels of the PatchGAN's first layer, doubled by its second; half the paper's, for slices of up to 256²",
  }),
  lambda: option.number({
    default: 100,
    min: 0,
    about: "weight of the run's loss (L1) against the adversarial one; the paper's",
  }),
} as const;

/** Options of {@link Pix2Pix}. All travel in the model file. */
export type Pix2PixConfig = ModelConfig<typeof OPTIONS>;

/**
 * A Pix2Pix recipe. Model files hold the generator; the discriminator is in checkpoints only. Losses by name: `loss` (the
 * generator's whole), `reconstruction` (the run's loss, L1), `adversarial`, `discriminator`.
 *
 * @throws MidashError `invalid-argument` for unknown or impossible options
 */
export const Pix2Pix = defineModel({
  name: "pix2pix",
  about: "conditional GAN (Isola et al. 2017): U-Net generator, PatchGAN discriminator, λ · L1",
  options: OPTIONS,
  spec(config) {
    const unet: ResolvedUNetConfig = { ...config, dims: 2, outChannels: 1 };
    const multipleOf = Math.max(4, 2 ** (config.levels - 1)); // the discriminator halves twice
    const generator: Network = {
      name: "pix2pix",
      input: { channels: config.inChannels, dims: 2, multipleOf },
      outputs: [{ kind: "ct", name: "ct" }],
      plan: unetPlan(unet),
      forward: (layers, weights, x) => unetForward(layers, weights, x, unet),
    };
    return {
      input: generator.input,
      outputs: generator.outputs,
      sampleBytes: (size) => unetSampleBytes(unet, size),
      optimizer: adam({ learningRate: 2e-4, beta1: 0.5 }), // the paper's
      create: (session, options): Promise<TrainableModel> =>
        session.run(() => new Pix2PixModel(session, { generator, ...config }, options)),
      graph: graphOf(generator),
    };
  },
});

interface Resolved {
  readonly generator: Network;
  readonly discriminatorFilters: number;
  readonly lambda: number;
}

class Pix2PixModel implements TrainableModel {
  readonly #session: TensorSession;
  readonly #lambda: number;
  readonly #generator: NetworkModel;
  readonly #discriminator: Parameters;

  constructor(session: TensorSession, config: Resolved, options: CreateOptions) {
    const { generator, discriminatorFilters, lambda } = config;
    this.#session = session;
    this.#lambda = lambda;
    this.#generator = new NetworkModel(session, generator, options);
    this.#discriminator = Parameters.create(
      session,
      judgePlan(generator.input.channels + 1, discriminatorFilters),
      { random: options.random },
    );
  }

  predict(batch: Batch): Promise<Batch> {
    return this.#generator.predict(batch);
  }

  /** The generator moves first, against the discriminator as it stands; then the discriminator sees that same fake. */
  async trainStep(batch: TrainBatch, step: TrainStep): Promise<NamedLosses> {
    const { tf } = this.#session.tensors;
    this.#generator.check(batch.input);
    return this.#session.run(async () => {
      const x = tensorOf(tf, batch.input);
      const targets = targetTensors(tf, batch.targets);
      const { values: y, weight: mask } = targets.ct!;
      // Where nothing is to be learnt the fake is arbitrary, which would give it away: both are 0 there.
      const seen = tf.tidy(() => tf.cast(tf.greater(mask, 0), "float32"));
      const kept: Record<string, Tensor> = {};
      const keep = <T extends Tensor>(name: string, tensor: T): T => {
        kept[name] = tf.keep(tensor.clone()); // lives beyond the gradient's tidy
        return tensor;
      };
      try {
        const { loss } = await step.optimize("generator", this.#generator.variables, () => {
          const fake = keep("fake", this.#generator.forward(x));
          const adversarial = keep("adversarial", negativeLog(tf, this.#judge(x, fake, seen)));
          const reconstruction = keep("reconstruction", step.loss({ ct: fake }, targets));
          return tf.add(adversarial, tf.mul(reconstruction, this.#lambda));
        });
        const { loss: discriminator } = await step.optimize(
          "discriminator",
          this.#discriminator.trainable(),
          () => {
            const real = negativeLog(tf, this.#judge(x, y, seen));
            const fake = negativeLog(tf, tf.neg(this.#judge(x, kept.fake!, seen)));
            return tf.mul(tf.add(real, fake), 0.5); // halved as in the paper: it is to learn slower
          },
        );
        const scalarOf = async (name: string) => (await kept[name]!.data())[0]!;
        return {
          loss,
          reconstruction: await scalarOf("reconstruction"),
          adversarial: await scalarOf("adversarial"),
          discriminator,
        };
      } finally {
        tf.dispose([x, seen]);
        disposeTargets(tf, targets);
        tf.dispose(kept);
      }
    });
  }

  /** MR and CT as one image. */
  #judge(x: Tensor, ct: Tensor, seen: Tensor): Tensor {
    const { training } = this.#session.tensors.layers;
    return judge(training, this.#discriminator, training.multiply(training.concat([x, ct]), seen));
  }

  weights(): Promise<NamedArrays> {
    return this.#generator.weights();
  }

  async state(): Promise<ModelState> {
    return { tensors: await this.#session.run(() => this.#discriminator.read()), json: null };
  }

  restore(state: ModelState): Promise<void> {
    return this.#session.run(() => this.#discriminator.write(state.tensors));
  }

  dispose(): void {
    this.#generator.dispose();
    this.#discriminator.dispose();
  }
}

/** Mean of -log(sigmoid(logits)), without overflow. */
function negativeLog(tf: Tf, logits: Tensor): Scalar {
  return tf.mean(tf.softplus(tf.neg(logits)));
}
