/**
 * The 2-D U-Net (Ronneberger et al. 2015) as the capstone used it, in its usual modern form: two 3×3 convolutions a
 * level, each with norm and leaky ReLU, max pooling down, up-sampling and skip connections up, a 1×1 convolution out.
 *
 * @example
 * import { UNet } from "@midash/core/models/unet";
 * const spec = UNet({ inChannels: 1, outChannels: 1, baseFilters: 32, levels: 4 });
 *
 * @module
 */
import type { Tensor4D } from "@tensorflow/tfjs-core";
import type { Session } from "../backends/index.ts";
import { assert } from "../errors/index.ts";
import type { Batch, PairedBatch } from "../slicer/index.ts";
import { defineModel } from "./define-model.ts";
import {
  biasLeaky,
  convolution,
  convolutionOfPair,
  doubleBilinear,
  doubleNearest,
  doubleTransposed,
  fixedNormLeaky,
  halve,
  moments,
  normLeaky,
} from "./layers.ts";
import type { CreateOptions, NamedArrays, NamedLosses, TrainableModel, TrainStep } from "./model.ts";
import { type ParameterPlan, Parameters } from "./parameters.ts";
import { type ResolvedUNetConfig, UNET_OPTIONS } from "./unet-config.ts";

export type { UNetConfig } from "./unet-config.ts";

/** Share of a new batch in the running statistics of batch norm; PyTorch's 0.1. */
const MOMENTUM = 0.1;

/** Values that each final activation can give. */
const RANGES = { linear: undefined, sigmoid: [0, 1], tanh: [-1, 1] } as const;

/**
 * A U-Net recipe.
 *
 * @throws MidashError `invalid-argument` for unknown or impossible options
 */
export const UNet = defineModel({
  name: "unet",
  about: "2-D U-Net (Ronneberger et al. 2015): two 3×3 convolutions a level, skip connections",
  options: UNET_OPTIONS,
  spec(config) {
    const multipleOf = 2 ** (config.levels - 1);
    return {
      input: { channels: config.inChannels, dims: 2, multipleOf },
      output: { channels: config.outChannels, dims: 2, multipleOf, range: RANGES[config.finalActivation] },
      pairing: "paired",
      create: (session, options): Promise<TrainableModel> =>
        session.run(() => new UNetModel(session, config, options)),
    };
  },
});

class UNetModel implements TrainableModel {
  readonly #session: Session;
  readonly #config: ResolvedUNetConfig;
  readonly #parameters: Parameters;

  constructor(session: Session, config: ResolvedUNetConfig, options: CreateOptions) {
    this.#session = session;
    this.#config = config;
    this.#parameters = Parameters.create(session, plan(config), options.random, options.weights);
  }

  predict(batch: Batch): Promise<Batch> {
    const { tf } = this.#session;
    this.#check(batch);
    return this.#session.run(async () => {
      const output = tf.tidy(() => this.#forward(this.#tensor(batch), false));
      const data = (await output.data()) as Float32Array;
      const shape = output.shape;
      output.dispose();
      return { data, shape, affine: batch.affine, caseIds: batch.caseIds };
    });
  }

  trainStep(batch: PairedBatch, step: TrainStep): Promise<NamedLosses> {
    const { tf } = this.#session;
    this.#check(batch.input);
    return this.#session.run(async () => {
      const x = this.#tensor(batch.input);
      const y = this.#tensor(batch.target);
      const { mask: values } = batch.target;
      const mask =
        values && tf.tensor4d(values, [...(batch.target.shape.slice(0, 3) as [number, number, number]), 1]);
      try {
        const loss = await step.optimize("model", this.#parameters.trainable(), () =>
          step.loss(this.#forward(x, true), y, mask),
        );
        return { loss };
      } finally {
        tf.dispose([x, y]);
        mask?.dispose();
      }
    });
  }

  weights(): Promise<NamedArrays> {
    return this.#session.run(() => this.#parameters.read());
  }

  dispose(): void {
    this.#parameters.dispose();
  }

  /** [N, H, W, in] -> [N, H, W, out]. */
  #forward(x: Tensor4D, training: boolean): Tensor4D {
    const { tf } = this.#session;
    const { levels, finalActivation } = this.#config;
    const skips: Tensor4D[] = [];
    let h = x;
    for (let level = 0; level < levels; level++) {
      if (level > 0) {
        skips.push(h);
        h = halve(tf, h);
      }
      h = this.#block(
        `encoder.${level}.0`,
        convolution(tf, h, this.#get(`encoder.${level}.0.weight`)),
        training,
      );
      h = this.#block(
        `encoder.${level}.1`,
        convolution(tf, h, this.#get(`encoder.${level}.1.weight`)),
        training,
      );
    }
    for (let level = levels - 2; level >= 0; level--) {
      const up = this.#up(h, level); // [N, 2H, 2W, C of this level]
      const skip = skips[level]!;
      const first = convolutionOfPair(tf, up, skip, this.#get(`decoder.${level}.0.weight`));
      h = this.#block(`decoder.${level}.0`, first, training);
      h = this.#block(
        `decoder.${level}.1`,
        convolution(tf, h, this.#get(`decoder.${level}.1.weight`)),
        training,
      );
    }
    const out = tf.add(convolution(tf, h, this.#get("output.weight")), this.#get("output.bias")) as Tensor4D;
    if (finalActivation === "sigmoid") return tf.sigmoid(out);
    return finalActivation === "tanh" ? tf.tanh(out) : out;
  }

  /** Norm, scale and shift, leaky ReLU. */
  #block(name: string, x: Tensor4D, training: boolean): Tensor4D {
    const { tf } = this.#session;
    const bias = this.#parameters.get(`${name}.bias`);
    const { norm } = this.#config;
    if (norm === "none") return biasLeaky(tf, x, bias);
    const gamma = this.#parameters.get(`${name}.norm.weight`);
    if (norm === "instance") return normLeaky(tf, x, gamma, bias, "instance");
    const [mean, variance] = [
      this.#parameters.get(`${name}.norm.mean`),
      this.#parameters.get(`${name}.norm.variance`),
    ];
    if (!training) return fixedNormLeaky(tf, x, mean, variance, gamma, bias);
    this.#follow(name, x);
    return normLeaky(tf, x, gamma, bias, "batch");
  }

  /** Moves batch norm's running statistics towards this batch. */
  #follow(name: string, x: Tensor4D): void {
    const { tf } = this.#session;
    tf.tidy(() => {
      const { mean, variance } = moments(tf, x, [0, 1, 2]);
      const count = x.size / x.shape[3];
      const unbiased = tf.mul(variance, count / Math.max(1, count - 1));
      const move = (key: string, value: Tensor4D) => {
        const variable = this.#parameters.get(`${name}.norm.${key}`);
        variable.assign(
          tf.add(tf.mul(variable, 1 - MOMENTUM), tf.mul(tf.reshape(value, variable.shape), MOMENTUM)),
        );
      };
      move("mean", mean);
      move("variance", unbiased as Tensor4D);
    });
  }

  /** Doubles H and W and halves the channels. A 1×1 convolution before the up-sampling is the cheapest place for it. */
  #up(x: Tensor4D, level: number): Tensor4D {
    const { tf } = this.#session;
    const weight = this.#get(`up.${level}.weight`);
    const bias = this.#parameters.get(`up.${level}.bias`);
    if (this.#config.upsampling === "transposed")
      return tf.add(doubleTransposed(tf, x, weight), bias) as Tensor4D;
    const narrow = tf.add(convolution(tf, x, weight), bias) as Tensor4D;
    return this.#config.upsampling === "nearest" ? doubleNearest(tf, narrow) : doubleBilinear(tf, narrow);
  }

  #get(name: string): Tensor4D {
    return this.#parameters.get(name) as unknown as Tensor4D;
  }

  #tensor(batch: Batch): Tensor4D {
    return this.#session.tf.tensor4d(batch.data, batch.shape as [number, number, number, number]);
  }

  #check(batch: Batch): void {
    const multiple = 2 ** (this.#config.levels - 1);
    const [, h, w, c] = batch.shape;
    assert(
      batch.shape.length === 4 && c === this.#config.inChannels,
      `expected samples [N, H, W, ${this.#config.inChannels}], got [${batch.shape.join(", ")}]`,
      "UNet",
    );
    assert(
      h! % multiple === 0 && w! % multiple === 0,
      `${h}×${w} samples can't be halved ${this.#config.levels - 1} times`,
      "UNet",
      `choose a slicer size in multiples of ${multiple}, or fewer levels`,
    );
  }
}

/** All parameters in order. Convolution weights are [fH, fW, in, out]; transposed ones [2, 2, out, in]. */
function plan(config: ResolvedUNetConfig): ParameterPlan {
  const { inChannels, outChannels, baseFilters, levels, norm, upsampling } = config;
  const entries: ParameterPlan[number][] = [];
  const constant = (name: string, shape: number[], value: number, trainable = true) =>
    entries.push({ name, shape, initial: { type: "constant", value }, trainable });
  const weight = (name: string, shape: number[], fanIn: number) =>
    entries.push({ name, shape, initial: { type: "he", fanIn }, trainable: true });
  const block = (name: string, from: number, to: number) => {
    weight(`${name}.weight`, [3, 3, from, to], 9 * from);
    constant(`${name}.bias`, [to], 0);
    if (norm === "none") return;
    constant(`${name}.norm.weight`, [to], 1);
    if (norm === "batch") {
      constant(`${name}.norm.mean`, [to], 0, false);
      constant(`${name}.norm.variance`, [to], 1, false);
    }
  };
  const filters = (level: number) => baseFilters * 2 ** level;
  for (let level = 0; level < levels; level++) {
    block(`encoder.${level}.0`, level === 0 ? inChannels : filters(level - 1), filters(level));
    block(`encoder.${level}.1`, filters(level), filters(level));
  }
  for (let level = levels - 2; level >= 0; level--) {
    const [from, to] = [filters(level + 1), filters(level)];
    if (upsampling === "transposed") weight(`up.${level}.weight`, [2, 2, to, from], from);
    else weight(`up.${level}.weight`, [1, 1, from, to], from);
    constant(`up.${level}.bias`, [to], 0);
    block(`decoder.${level}.0`, 2 * to, to);
    block(`decoder.${level}.1`, to, to);
  }
  weight("output.weight", [1, 1, baseFilters, outChannels], baseFilters);
  constant("output.bias", [outChannels], 0);
  return entries;
}
