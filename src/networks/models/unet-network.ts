import type { Layers, Weights } from "../layers/index.ts";
import { type ParameterPlan, parameter } from "./parameters.ts";
import type { ResolvedUNetConfig } from "./unet-config.ts";

/** What follows a convolution of 3 a side: norm, scale and shift, activation. `name` is the convolution's, `channels` are those of x. */
export type Block<T> = (name: string, x: T, channels: number) => T;

/**
 * The U-Net as a function of an image and weights, for the models that are made of one: [N, (D,) H, W, in] -> [N, (D,) H, W, out], without a
 * final activation. The weights are those of {@link unetPlan} of the same config.
 *
 * @param block in place of the config's norm and leaky ReLU
 */
export function unetForward<T>(
  layers: Layers<T>,
  weights: Weights<T>,
  x: T,
  {
    baseFilters,
    levels,
    norm,
    upsampling,
    stem,
  }: Pick<ResolvedUNetConfig, "baseFilters" | "levels" | "norm" | "upsampling" | "stem">,
  block: Block<T> = blockOf(layers, weights, norm),
): T {
  const { scope } = layers;
  /** Without norm the convolution has the bias. */
  const bias = (name: string) => (norm === "none" ? weights.get(`${name}.bias`) : undefined);
  const filters = (level: number) => baseFilters * 2 ** level;
  const convolved = (name: string, from: T, level: number, stride?: 2) =>
    scope(() => {
      const x = layers.convolution(from, weights.get(`${name}.weight`), { bias: bias(name), stride });
      return block(name, x, filters(level));
    });
  /** Twice the size, half the channels. A convolution of 1 a side before the up-sampling is the cheapest place for it. */
  const up = (from: T, level: number): T => {
    const [weight, shift] = [weights.get(`up.${level}.weight`), weights.get(`up.${level}.bias`)];
    if (upsampling === "transposed") return layers.doubleTransposed(from, weight, shift);
    const narrow = layers.convolution(from, weight, { bias: shift });
    return upsampling === "nearest" ? layers.doubleNearest(narrow) : layers.doubleBilinear(narrow);
  };
  const skips: T[] = [];
  let h = stem === "half" ? convolved("stem", x, 0, 2) : x;
  for (let level = 0; level < levels; level++) {
    const above = h;
    if (level > 0) skips.push(above);
    h = scope(() => {
      const first = level > 0 ? layers.halve(above) : above;
      return convolved(`encoder.${level}.1`, convolved(`encoder.${level}.0`, first, level), level);
    });
  }
  for (let level = levels - 2; level >= 0; level--) {
    const name = `decoder.${level}`;
    const [below, skip] = [h, skips[level]!];
    h = scope(() => {
      const above = scope(() => up(below, level));
      const weight = weights.get(`${name}.0.weight`);
      const first = scope(() => {
        const joined = layers.convolutionOfPair(above, skip, weight, { bias: bias(`${name}.0`) });
        return block(`${name}.0`, joined, filters(level));
      });
      return convolved(`${name}.1`, first, level);
    });
    layers.release(below, skip);
  }
  const [weight, shift] = [weights.get("output.weight"), weights.get("output.bias")];
  return stem === "half"
    ? layers.doubleTransposed(h, weight, shift)
    : layers.convolution(h, weight, { bias: shift });
}

/** Norm, scale and shift, leaky ReLU. */
function blockOf<T>(layers: Layers<T>, weights: Weights<T>, norm: ResolvedUNetConfig["norm"]): Block<T> {
  return (name, x) => {
    if (norm === "none") return layers.leaky(x);
    const [gamma, beta] = [weights.get(`${name}.norm.weight`), weights.get(`${name}.bias`)];
    if (norm === "instance") return layers.normLeaky(x, gamma, beta);
    const statistics = ["mean", "variance"].map((each) => `${name}.norm.${each}`);
    const [mean, variance] = statistics.map((each) => weights.get(each)) as [T, T];
    const frozen = statistics.some((each) => weights.isFrozen?.(each));
    return layers.batchNormLeaky(x, { gamma, beta, mean, variance, frozen });
  };
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
    stem,
  }: Pick<ResolvedUNetConfig, "baseFilters" | "inChannels" | "outChannels" | "stem">,
  size: readonly number[],
): number {
  const share = stem === "half" ? 1 / 2 ** size.length : 1;
  return 4 * (12 * baseFilters * share + inChannels + outChannels) * size.reduce((a, b) => a * b, 1);
}

/** All parameters in order. Convolution weights are [(fD,) fH, fW, in, out]; transposed ones [(2,) 2, 2, out, in]. */
export function unetPlan(config: ResolvedUNetConfig): ParameterPlan {
  const { dims, inChannels, outChannels, baseFilters, levels, norm, upsampling, stem } = config;
  const side = (length: number): number[] => Array(dims).fill(length);
  const entries: ParameterPlan[number][] = [];
  const block = (name: string, from: number, to: number) => {
    entries.push(parameter.he(`${name}.weight`, [...side(3), from, to]));
    entries.push(parameter.constant(`${name}.bias`, [to], 0));
    if (norm === "none") return;
    entries.push(parameter.constant(`${name}.norm.weight`, [to], 1));
    if (norm === "instance") return;
    entries.push(
      parameter.fixed(`${name}.norm.mean`, [to], 0),
      parameter.fixed(`${name}.norm.variance`, [to], 1),
    );
  };
  const filters = (level: number) => baseFilters * 2 ** level;
  if (stem === "half") block("stem", inChannels, baseFilters);
  const first = stem === "half" ? baseFilters : inChannels;
  for (let level = 0; level < levels; level++) {
    block(`encoder.${level}.0`, level === 0 ? first : filters(level - 1), filters(level));
    block(`encoder.${level}.1`, filters(level), filters(level));
  }
  for (let level = levels - 2; level >= 0; level--) {
    const [from, to] = [filters(level + 1), filters(level)];
    const up = upsampling === "transposed" ? [...side(2), to, from] : [...side(1), from, to];
    entries.push(parameter.he(`up.${level}.weight`, up, from));
    entries.push(parameter.constant(`up.${level}.bias`, [to], 0));
    block(`decoder.${level}.0`, 2 * to, to);
    block(`decoder.${level}.1`, to, to);
  }
  entries.push(
    stem === "half"
      ? parameter.he("output.weight", [...side(2), outChannels, baseFilters], baseFilters)
      : parameter.he("output.weight", [...side(1), baseFilters, outChannels]),
  );
  entries.push(parameter.constant("output.bias", [outChannels], 0));
  return entries;
}
