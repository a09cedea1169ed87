/** A residual network at full resolution (He et al. 2016) as a plugin of `@midash/core`. All that it needs comes from there. */
import { defineNetwork, definePlugin, optimizers, option, parameter } from "@midash/core";

/** `Residual({ filters: 8 })` is what `Trainer` takes: data, and how to bring it to life. */
export const Residual = defineNetwork({
  name: "residual",
  about: "residual blocks at full resolution (He et al. 2016)",
  options: {
    inChannels: option.integer({ default: 1, min: 1, about: "input volumes stacked as channels" }),
    filters: option.integer({
      default: 16,
      min: 1,
      about: "channels of every layer; 16 trains within minutes on a CPU",
    }),
    blocks: option.integer({
      default: 4,
      min: 1,
      about: "residual blocks; each lets a pixel see two more on every side",
    }),
  },
  samples: ({ inChannels }) => ({
    input: { channels: inChannels, dims: 2, multipleOf: 1 },
    outputs: [{ kind: "ct", name: "ct" }],
    optimizer: optimizers.adam({ learningRate: 2e-3 }),
  }),
  plan: ({ inChannels, filters, blocks }) => [
    ...convolution("head", [3, 3, inChannels, filters]),
    ...numbers(blocks).flatMap((n) => [
      ...convolution(`block.${n}.0`, [3, 3, filters, filters]),
      // The second half of a block begins at 0, so that each block begins as the identity (Goyal et al. 2017).
      parameter.constant(`block.${n}.1.weight`, [3, 3, filters, filters], 0),
      parameter.constant(`block.${n}.1.bias`, [filters], 0),
    ]),
    ...convolution("tail", [1, 1, filters, 1]),
  ],
  /** [N, H, W, inChannels] -> [N, H, W, 1] */
  forward(layers, weights, x, { blocks }) {
    const convolve = (from: typeof x, name: string) =>
      layers.convolution(from, weights.get(`${name}.weight`), { bias: weights.get(`${name}.bias`) });
    let h = layers.leaky(convolve(x, "head")); // [N, H, W, filters], as are all until the tail
    for (const n of numbers(blocks)) {
      const inner = layers.leaky(convolve(h, `block.${n}.0`));
      h = layers.add(h, convolve(inner, `block.${n}.1`));
    }
    return convolve(h, "tail");
  },
});

/** Weight and bias of a convolution. Filters are [h, w, in, out]. */
function convolution(name: string, shape: readonly number[]) {
  return [parameter.he(`${name}.weight`, shape), parameter.constant(`${name}.bias`, shape.slice(-1), 0)];
}

/** 0 to count - 1. */
function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}

export default definePlugin({ name: "midash-plugin-residual", models: { residual: Residual } });
