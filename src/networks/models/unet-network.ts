import type { Tensor, Tensor4D } from "@tensorflow/tfjs-core";
import type { Tf } from "../backends/index.ts";
import {
  biasLeaky,
  convolution,
  convolutionOfPair,
  doubleBilinear,
  doubleNearest,
  doubleTransposed,
  fixedNormLeaky,
  halve,
  type Image,
  moments,
  normLeaky,
} from "./layers.ts";
import type { ParameterPlan, Parameters } from "./parameters.ts";
import type { ResolvedUNetConfig } from "./unet-config.ts";

/** Share of a new batch in the running statistics of batch norm; PyTorch's 0.1. */
const MOMENTUM = 0.1;

/** What follows a convolution of 3 a side: norm, scale and shift, activation. `name` is the convolution's. */
export type Block = <T extends Image>(name: string, x: T) => T;

/**
 * The U-Net as a function of tensors and parameters, for the models that are made of one. In 2-D or in 3-D as the config's `dims` says: the
 * layers see it by the rank of what they are given. Used inside `session.run`.
 */
export class UNetNetwork {
  readonly #tf: Tf;
  readonly #config: ResolvedUNetConfig;
  readonly #parameters: Parameters;

  /** @param parameters made by {@link unetPlan} of the same config */
  constructor(tf: Tf, config: ResolvedUNetConfig, parameters: Parameters) {
    this.#tf = tf;
    this.#config = config;
    this.#parameters = parameters;
  }

  /**
   * [N, H, W, in] -> [N, H, W, out], or [N, D, H, W, in] -> [N, D, H, W, out].
   *
   * @param block in place of the config's norm and leaky ReLU
   */
  forward<T extends Image>(x: T, training: boolean, block: Block = this.#blockOf(training)): T {
    const tf = this.#tf;
    const { levels, finalActivation } = this.#config;
    // Without gradients to come nothing is kept but the skips: a third of the memory, and what is written next lies warm in the caches.
    const part = (work: () => T): T => (training ? work() : tf.tidy(work));
    const blockOf = (name: string, from: T) =>
      part(() => block(name, convolution(tf, from, this.#get(`${name}.weight`))));
    const skips: T[] = [];
    let h = x;
    for (let level = 0; level < levels; level++) {
      const above = h;
      if (level > 0) skips.push(above);
      h = part(() => {
        const first = level > 0 ? halve(tf, above) : above;
        return blockOf(`encoder.${level}.1`, blockOf(`encoder.${level}.0`, first));
      });
    }
    for (let level = levels - 2; level >= 0; level--) {
      const name = `decoder.${level}`;
      const below = h;
      const skip = skips[level]!;
      h = part(() => {
        const up = part(() => this.#up(below, level)); // twice the size, channels of this level
        const weight = this.#get(`${name}.0.weight`);
        const first = part(() => block(`${name}.0`, convolutionOfPair(tf, up, skip, weight)));
        return blockOf(`${name}.1`, first);
      });
      if (!training) tf.dispose([below, skip]);
    }
    const out = tf.add(convolution(tf, h, this.#get("output.weight")), this.#get("output.bias")) as T;
    if (finalActivation === "sigmoid") return tf.sigmoid(out);
    return finalActivation === "tanh" ? tf.tanh(out) : out;
  }

  /** Norm, scale and shift, leaky ReLU. */
  #blockOf(training: boolean): Block {
    const tf = this.#tf;
    const { norm } = this.#config;
    return <T extends Image>(name: string, x: T): T => {
      const bias = this.#parameters.get(`${name}.bias`);
      if (norm === "none") return biasLeaky(tf, x, bias);
      const gamma = this.#parameters.get(`${name}.norm.weight`);
      if (norm === "instance") return normLeaky(tf, x, gamma, bias, "instance");
      const mean = this.#parameters.get(`${name}.norm.mean`);
      const variance = this.#parameters.get(`${name}.norm.variance`);
      if (!training) return fixedNormLeaky(tf, x, mean, variance, gamma, bias);
      this.#follow(name, x);
      return normLeaky(tf, x, gamma, bias, "batch");
    };
  }

  /** Moves batch norm's running statistics towards this batch. */
  #follow(name: string, x: Image): void {
    const tf = this.#tf;
    tf.tidy(() => {
      const { mean, variance } = moments(tf, x, "batch");
      const count = x.size / mean.size;
      const unbiased = tf.mul(variance, count / Math.max(1, count - 1));
      const move = (key: string, value: Tensor) => {
        const variable = this.#parameters.get(`${name}.norm.${key}`);
        variable.assign(
          tf.add(tf.mul(variable, 1 - MOMENTUM), tf.mul(tf.reshape(value, variable.shape), MOMENTUM)),
        );
      };
      move("mean", mean);
      move("variance", unbiased);
    });
  }

  /** Doubles the size and halves the channels. A convolution of 1 a side before the up-sampling is the cheapest place for it. */
  #up<T extends Image>(x: T, level: number): T {
    const tf = this.#tf;
    const weight = this.#get(`up.${level}.weight`);
    const bias = this.#parameters.get(`up.${level}.bias`);
    if (this.#config.upsampling === "transposed") return tf.add(doubleTransposed(tf, x, weight), bias);
    const narrow: T = tf.add(convolution(tf, x, weight), bias);
    if (this.#config.upsampling === "nearest") return doubleNearest(tf, narrow);
    return doubleBilinear(tf, narrow as Tensor4D) as T; // the config allows it in 2-D alone
  }

  #get(name: string): Tensor {
    return this.#parameters.get(name);
  }
}

/**
 * Bytes of one sample on its way through the network without gradients. At most some 10 maps of `baseFilters` channels at full size are alive at once: in
 * the last level of the decoder, beside the coarser levels, which are 1 in all. Measured on wasm: 8 to 9; with batch norm, which is several ops, more.
 *
 * @param size [H, W] or [D, H, W]
 */
export function unetSampleBytes(
  {
    baseFilters,
    inChannels,
    outChannels,
  }: Pick<ResolvedUNetConfig, "baseFilters" | "inChannels" | "outChannels">,
  size: readonly number[],
): number {
  return 4 * (12 * baseFilters + inChannels + outChannels) * size.reduce((a, b) => a * b, 1);
}

/** All parameters in order. Convolution weights are [(fD,) fH, fW, in, out]; transposed ones [(2,) 2, 2, out, in]. */
export function unetPlan(config: ResolvedUNetConfig): ParameterPlan {
  const { dims, inChannels, outChannels, baseFilters, levels, norm, upsampling } = config;
  const side = (length: number): number[] => Array(dims).fill(length);
  const entries: ParameterPlan[number][] = [];
  const constant = (name: string, shape: number[], value: number, trainable = true) =>
    entries.push({ name, shape, initial: { type: "constant", value }, trainable });
  const weight = (name: string, shape: number[], fanIn: number) =>
    entries.push({ name, shape, initial: { type: "he", fanIn }, trainable: true });
  const block = (name: string, from: number, to: number) => {
    weight(`${name}.weight`, [...side(3), from, to], 3 ** dims * from);
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
    if (upsampling === "transposed") weight(`up.${level}.weight`, [...side(2), to, from], from);
    else weight(`up.${level}.weight`, [...side(1), from, to], from);
    constant(`up.${level}.bias`, [to], 0);
    block(`decoder.${level}.0`, 2 * to, to);
    block(`decoder.${level}.1`, to, to);
  }
  weight("output.weight", [...side(1), baseFilters, outChannels], baseFilters);
  constant("output.bias", [outChannels], 0);
  return entries;
}
