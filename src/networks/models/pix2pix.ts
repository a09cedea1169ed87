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
import type { Scalar, Tensor, Tensor4D } from "@tensorflow/tfjs-core";
import { option } from "../../base/options/index.ts";
import type { Session, Tf } from "../backends/index.ts";
import { type NamedArrays, optimizers } from "../learning/index.ts";
import type { Batch, TrainBatch } from "./batch.ts";
import { defineModel, type ModelConfig } from "./define-model.ts";
import { biasLeaky, normLeaky } from "./layers.ts";
import type { CreateOptions, ModelState, NamedLosses, TrainableModel, TrainStep } from "./model.ts";
import { unetNetwork } from "./onnx/unet-graph.ts";
import { type ParameterPlan, Parameters } from "./parameters.ts";
import { assertSamples, disposeTargets, predictWith, targetTensors, tensorOf } from "./samples.ts";
import { type ResolvedUNetConfig, UNET_OPTIONS } from "./unet-config.ts";
import { UNetNetwork, unetPlan, unetSampleBytes } from "./unet-network.ts";

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
    const multipleOf = Math.max(4, 2 ** (config.levels - 1)); // the discriminator halves twice
    const generator: ResolvedUNetConfig = { ...config, dims: 2, outChannels: 1, finalActivation: "linear" };
    return {
      input: { channels: config.inChannels, dims: 2, multipleOf },
      outputs: [{ kind: "ct", name: "ct" }],
      sampleBytes: (size) => unetSampleBytes(generator, size),
      optimizer: optimizers.adam({ learningRate: 2e-4, beta1: 0.5 }), // the paper's
      create: (session, options): Promise<TrainableModel> =>
        session.run(() => new Pix2PixModel(session, { generator, multipleOf, ...config }, options)),
      onnx: (weights) => unetNetwork("pix2pix", generator, weights),
    };
  },
});

interface Resolved {
  readonly generator: ResolvedUNetConfig;
  readonly multipleOf: number;
  readonly discriminatorFilters: number;
  readonly lambda: number;
}

class Pix2PixModel implements TrainableModel {
  readonly #session: Session;
  readonly #config: Resolved;
  readonly #generator: Parameters;
  readonly #discriminator: Parameters;
  readonly #network: UNetNetwork;

  constructor(session: Session, config: Resolved, { random, weights }: CreateOptions) {
    this.#session = session;
    this.#config = config;
    this.#generator = Parameters.create(session, unetPlan(config.generator), random, weights);
    this.#discriminator = Parameters.create(session, patchPlan(config), random);
    this.#network = new UNetNetwork(session.tf, config.generator, this.#generator);
  }

  async predict(batch: Batch): Promise<Batch> {
    this.#check(batch);
    return predictWith(this.#session, batch, (x) => this.#network.forward(x, false));
  }

  /** The generator moves first, against the discriminator as it stands; then the discriminator sees that same fake. */
  async trainStep(batch: TrainBatch, step: TrainStep): Promise<NamedLosses> {
    const { tf } = this.#session;
    this.#check(batch.input);
    return this.#session.run(async () => {
      const x = tensorOf(tf, batch.input);
      const targets = targetTensors(tf, batch.targets);
      const { values: y, weight: mask } = targets.ct!;
      // Where nothing is to be learnt the fake is arbitrary, which would give it away: both are 0 there.
      const seen = tf.tidy(() => tf.cast(tf.greater(mask, 0), "float32")) as Tensor4D;
      const kept: Record<string, Tensor> = {};
      const keep = <T extends Tensor>(name: string, tensor: T): T => {
        kept[name] = tf.keep(tensor.clone()); // lives beyond the gradient's tidy
        return tensor;
      };
      try {
        const { loss } = await step.optimize("generator", this.#generator.trainable(), () => {
          const fake = keep("fake", this.#network.forward(x, true));
          const adversarial = keep("adversarial", negativeLog(tf, this.#judge(x, fake, seen)));
          const reconstruction = keep("reconstruction", step.loss({ ct: fake }, targets));
          return tf.add(adversarial, tf.mul(reconstruction, this.#config.lambda));
        });
        const { loss: discriminator } = await step.optimize(
          "discriminator",
          this.#discriminator.trainable(),
          () => {
            const real = negativeLog(tf, this.#judge(x, y as Tensor4D, seen));
            const fake = negativeLog(tf, tf.neg(this.#judge(x, kept.fake as Tensor4D, seen)));
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

  /** MR and CT as one image -> a logit for each patch: [N, H, W, in + out] -> [N, H/4, W/4, 1]. */
  #judge(x: Tensor4D, ct: Tensor4D, seen: Tensor4D): Tensor4D {
    const { tf } = this.#session;
    const get = (name: string) => this.#discriminator.get(name) as Tensor as Tensor4D;
    const pair = tf.mul(tf.concat([x, ct], 3), seen) as Tensor4D;
    let h = biasLeaky(tf, halving(tf, pair, get("patch.0.weight")), get("patch.0.bias")); // [N, H/2, W/2, F]
    h = halving(tf, h, get("patch.1.weight")); // [N, H/4, W/4, 2F]
    h = normLeaky(tf, h, get("patch.1.norm.weight"), get("patch.1.bias"), "instance");
    return tf.add(tf.conv2d(h, get("patch.2.weight"), 1, "same"), get("patch.2.bias")) as Tensor4D;
  }

  weights(): Promise<NamedArrays> {
    return this.#session.run(() => this.#generator.read());
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

  #check(batch: Batch): void {
    const { generator, multipleOf } = this.#config;
    assertSamples(batch, { channels: generator.inChannels, dims: 2, multipleOf }, "pix2pix");
  }
}

/** Mean of -log(sigmoid(logits)), without overflow. */
function negativeLog(tf: Tf, logits: Tensor): Scalar {
  return tf.mean(tf.softplus(tf.neg(logits)));
}

/** 4×4 convolution, stride 2: the paper's way of halving. */
function halving(tf: Tf, x: Tensor4D, filter: Tensor4D): Tensor4D {
  return tf.conv2d(x, filter, 2, "same");
}

function patchPlan({ generator, discriminatorFilters: filters }: Resolved): ParameterPlan {
  const from = generator.inChannels + generator.outChannels;
  const layer = (name: string, ins: number, outs: number): ParameterPlan => [
    {
      name: `${name}.weight`,
      shape: [4, 4, ins, outs],
      initial: { type: "he", fanIn: 16 * ins },
      trainable: true,
    },
    { name: `${name}.bias`, shape: [outs], initial: { type: "constant", value: 0 }, trainable: true },
  ];
  return [
    ...layer("patch.0", from, filters),
    ...layer("patch.1", filters, 2 * filters),
    {
      name: "patch.1.norm.weight",
      shape: [2 * filters],
      initial: { type: "constant", value: 1 },
      trainable: true,
    },
    ...layer("patch.2", 2 * filters, 1),
  ];
}
