/**
 * CycleGAN (Zhu et al. 2017, "Unpaired image-to-image translation using cycle-consistent adversarial networks"): MR becomes CT and CT becomes
 * MR, two PatchGANs judge them, and going there and back must give the image again. It learns without pairs.
 *
 * Kept minimal: both generators are U-Nets, and whole samples are judged, so CTs should show nothing but the body. MR and CT have no common
 * scale, so the identity loss takes images from one to the other by {@link reversedScale}: what is bright on CT is dark on MR.
 *
 * @module
 */
import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import { option } from "../../base/options/index.ts";
import type { TensorSession } from "../backends/index.ts";
import type { NamedArrays } from "../layers/index.ts";
import { adam } from "../learning/index.ts";
import type { Batch, TrainBatch } from "./batch.ts";
import { defineModel, type ModelConfig } from "./define-model.ts";
import { graphOf } from "./graph-of.ts";
import { ImagePool } from "./image-pool.ts";
import type { CreateOptions, ModelState, NamedLosses, TrainableModel, TrainStep } from "./model.ts";
import type { Network } from "./network.ts";
import { NetworkModel } from "./network-model.ts";
import { Parameters } from "./parameters.ts";
import { judge, judgePlan } from "./patch-judge.ts";
import { reversedScale } from "./reversed-scale.ts";
import { tensorOf } from "./samples.ts";
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
      "channels of each PatchGAN's first layer, doubled by its second; half the paper's, for slices of up to 256²",
  }),
  lambda: option.number({
    default: 10,
    min: 0,
    about: "weight of the cycle loss (L1, there and back) against the adversarial one; the paper's",
  }),
  identity: option.number({
    default: 0.5,
    min: 0,
    about:
      "share of lambda for the identity loss: a generator given its own kind of image, on the other's scale and reversed, must give it back; without it tissues change places",
  }),
  poolSize: option.integer({
    default: 50,
    min: 0,
    about: "earlier images of each generator that its judge may see again; the paper's",
  }),
} as const;

/** Options of {@link CycleGan}. All travel in the model file. */
export type CycleGanConfig = ModelConfig<typeof OPTIONS>;

/**
 * A CycleGAN recipe. Model files hold the generator of CT; the other three networks and the pools are in checkpoints only. Losses by
 * name: `loss` (the generators' whole), `adversarial`, `cycle`, `identity`, `discriminator`. It does not use the run's loss.
 *
 * @throws MidashError `invalid-argument` for unknown or impossible options
 */
export const CycleGan = defineModel({
  name: "cyclegan",
  about: "CycleGAN (Zhu et al. 2017): two U-Nets and two PatchGANs, learns from unpaired MR and CT",
  options: OPTIONS,
  spec(config) {
    const unet: ResolvedUNetConfig = { ...config, dims: 2, outChannels: 1 };
    const multipleOf = Math.max(4, 2 ** (config.levels - 1)); // the judges halve twice
    const generator: Network = {
      name: "cyclegan",
      input: { channels: config.inChannels, dims: 2, multipleOf },
      outputs: [{ kind: "ct", name: "ct" }],
      plan: unetPlan(unet),
      forward: (layers, weights, x) => unetForward(layers, weights, x, unet),
    };
    return {
      input: generator.input,
      outputs: generator.outputs,
      batches: "unpaired",
      sampleBytes: (size) => unetSampleBytes(unet, size),
      // The paper's. It halves the judges' loss, which Adam does not feel.
      optimizer: {
        generator: adam({ learningRate: 2e-4, beta1: 0.5 }),
        discriminator: adam({ learningRate: 2e-4, beta1: 0.5 }),
      },
      create: (session, options): Promise<TrainableModel> =>
        session.run(() => new CycleGanModel(session, { generator, unet, ...config }, options)),
      graph: graphOf(generator),
    };
  },
});

interface Resolved {
  readonly generator: Network;
  readonly unet: ResolvedUNetConfig;
  readonly discriminatorFilters: number;
  readonly lambda: number;
  readonly identity: number;
  readonly poolSize: number;
}

/** What model files leave out, by the names that checkpoints give it. */
type Others = Readonly<Record<"back" | "ctJudge" | "mrJudge", Parameters>>;

class CycleGanModel implements TrainableModel {
  readonly #session: TensorSession;
  readonly #lambda: number;
  readonly #identity: number;
  readonly #generator: NetworkModel;
  readonly #backConfig: ResolvedUNetConfig;
  readonly #others: Others;
  readonly #pools: Readonly<Record<"ct" | "mr", ImagePool>>;

  constructor(session: TensorSession, config: Resolved, options: CreateOptions) {
    const { generator, unet, discriminatorFilters: filters, lambda, identity, poolSize } = config;
    const { channels } = generator.input;
    const { random } = options;
    this.#session = session;
    this.#lambda = lambda;
    this.#identity = identity;
    this.#generator = new NetworkModel(session, generator, options);
    this.#backConfig = { ...unet, inChannels: 1, outChannels: channels };
    this.#others = {
      back: Parameters.create(session, unetPlan(this.#backConfig), { random }),
      ctJudge: Parameters.create(session, judgePlan(1, filters), { random }),
      mrJudge: Parameters.create(session, judgePlan(channels, filters), { random }),
    };
    this.#pools = { ct: new ImagePool(poolSize), mr: new ImagePool(poolSize) };
  }

  predict(batch: Batch): Promise<Batch> {
    return this.#generator.predict(batch);
  }

  /** The generators move first, against the judges as they stand; then the judges see those same images, or earlier ones. */
  async trainStep(batch: TrainBatch, step: TrainStep): Promise<NamedLosses> {
    const { tf, layers } = this.#session.tensors;
    this.#generator.check(batch.input);
    const { back, ctJudge, mrJudge } = this.#others;
    const toMr = (ct: Tensor) => unetForward(layers.training, back, ct, this.#backConfig);
    const judged = (by: Parameters, image: Tensor, as: 0 | 1): Scalar =>
      tf.mean(tf.square(tf.sub(judge(layers.training, by, image), as)));
    const apart = (a: Tensor, b: Tensor): Scalar => tf.mean(tf.abs(tf.sub(a, b)));
    return this.#session.run(async () => {
      const images = { mr: batch.input, ct: batch.targets.ct! };
      const [mr, ct] = [tensorOf(tf, images.mr), tensorOf(tf, images.ct)];
      const ctAsMr = tensorOf(tf, reversedScale(images.ct, images.mr));
      const mrAsCt = tensorOf(tf, reversedScale(images.mr, images.ct));
      const kept: Record<string, Tensor> = {};
      const keep = <T extends Tensor>(name: string, tensor: T): T => {
        kept[name] = tf.keep(tensor.clone()); // lives beyond the gradient's tidy
        return tensor;
      };
      const pooled = async (name: "ct" | "mr"): Promise<Tensor> => {
        const image = kept[name]!;
        const data = (await image.data()) as Float32Array;
        return tf.tensor(this.#pools[name].exchange(data, image.shape[0]!, step.random), image.shape);
      };
      try {
        const generators = { ...this.#generator.variables, ...prefixed("back", back) };
        const { loss } = await step.optimize("generator", generators, () => {
          const fakeCt = keep("ct", this.#generator.forward(mr));
          const fakeMr = keep("mr", toMr(ct));
          const there = tf.add(judged(ctJudge, fakeCt, 1), judged(mrJudge, fakeMr, 1)) as Scalar;
          const again = tf.add(apart(toMr(fakeCt), mr), apart(this.#generator.forward(fakeMr), ct)) as Scalar;
          const same = tf.add(apart(this.#generator.forward(ctAsMr), ct), apart(toMr(mrAsCt), mr)) as Scalar;
          const whole = tf.add(keep("cycle", again), tf.mul(keep("identity", same), this.#identity));
          return tf.add(keep("adversarial", there), tf.mul(whole, this.#lambda));
        });
        kept.oldCt = await pooled("ct");
        kept.oldMr = await pooled("mr");
        const judges = { ...prefixed("ctJudge", ctJudge), ...prefixed("mrJudge", mrJudge) };
        const { loss: discriminator } = await step.optimize("discriminator", judges, () =>
          tf.addN([
            judged(ctJudge, ct, 1),
            judged(ctJudge, kept.oldCt!, 0),
            judged(mrJudge, mr, 1),
            judged(mrJudge, kept.oldMr!, 0),
          ]),
        );
        const read = async (name: string) => (await kept[name]!.data())[0]!;
        return {
          loss,
          adversarial: await read("adversarial"),
          cycle: await read("cycle"),
          identity: await read("identity"),
          discriminator,
        };
      } finally {
        tf.dispose([mr, ct, ctAsMr, mrAsCt]);
        tf.dispose(kept);
      }
    });
  }

  weights(): Promise<NamedArrays> {
    return this.#generator.weights();
  }

  async state(): Promise<ModelState> {
    const groups: Record<string, NamedArrays> = {};
    for (const [name, parameters] of Object.entries(this.#others))
      groups[name] = await this.#session.run(() => parameters.read());
    for (const [name, pool] of Object.entries(this.#pools)) groups[`pool-${name}`] = pool.state();
    const tensors = Object.entries(groups).flatMap(([group, arrays]) =>
      Object.entries(arrays).map(([name, array]) => [`${group}/${name}`, array] as const),
    );
    return { tensors: Object.fromEntries(tensors), json: null };
  }

  async restore({ tensors }: ModelState): Promise<void> {
    const group = (name: string): NamedArrays =>
      Object.fromEntries(
        Object.entries(tensors).flatMap(([key, array]) =>
          key.startsWith(`${name}/`) ? [[key.slice(name.length + 1), array]] : [],
        ),
      );
    for (const [name, parameters] of Object.entries(this.#others))
      await this.#session.run(() => parameters.write(group(name)));
    for (const [name, pool] of Object.entries(this.#pools)) pool.restore(group(`pool-${name}`));
  }

  dispose(): void {
    this.#generator.dispose();
    for (const parameters of Object.values(this.#others)) parameters.dispose();
  }
}

/** Variables of one of several networks, each name made its own. */
function prefixed(network: string, parameters: Parameters) {
  const entries = Object.entries(parameters.trainable());
  return Object.fromEntries(entries.map(([name, variable]) => [`${network}/${name}`, variable]));
}
