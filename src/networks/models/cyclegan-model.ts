import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import type { TensorSession } from "../backends/index.ts";
import type { NamedArrays } from "../layers/index.ts";
import type { Batch, TrainBatch } from "./batch.ts";
import { ImagePool } from "./image-pool.ts";
import type { CreateOptions, ModelState, NamedLosses, TrainableModel, TrainStep } from "./model.ts";
import type { Network } from "./network.ts";
import { NetworkModel } from "./network-model.ts";
import { Parameters } from "./parameters.ts";
import { judge, judgePlan } from "./patch-judge.ts";
import { reversedScale } from "./reversed-scale.ts";
import { tensorOf } from "./samples.ts";
import type { ResolvedUNetConfig } from "./unet-config.ts";
import { unetForward, unetPlan } from "./unet-network.ts";

/** What {@link CycleGanModel} is made of. */
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

/** The four networks of a CycleGAN, which learn together. Made inside `session.run`. */
export class CycleGanModel implements TrainableModel {
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
