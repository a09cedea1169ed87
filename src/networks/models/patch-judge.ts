import type { Layers, Weights } from "../layers/index.ts";
import { type ParameterPlan, parameter } from "./parameters.ts";

/**
 * The PatchGAN of Isola et al. 2017, with three layers: an image -> a logit for each patch of it, [N, H, W, C] -> [N, H/4, W/4, 1]. It
 * halves by 4×4 convolutions of stride 2, as the paper does.
 */
export function judge<T>(layers: Layers<T>, weights: Weights<T>, image: T): T {
  const get = (name: string) => weights.get(`patch.${name}`);
  let h = layers.leaky(layers.convolution(image, get("0.weight"), { bias: get("0.bias"), stride: 2 })); // [N, H/2, W/2, F]
  h = layers.convolution(h, get("1.weight"), { stride: 2 }); // [N, H/4, W/4, 2F]
  h = layers.normLeaky(h, get("1.norm.weight"), get("1.bias"));
  return layers.convolution(h, get("2.weight"), { bias: get("2.bias") });
}

/** Its weights. @param filters channels of its first layer, doubled by its second */
export function judgePlan(channels: number, filters: number): ParameterPlan {
  const layer = (name: string, ins: number, outs: number): ParameterPlan => [
    parameter.he(`${name}.weight`, [4, 4, ins, outs]),
    parameter.constant(`${name}.bias`, [outs], 0),
  ];
  return [
    ...layer("patch.0", channels, filters),
    ...layer("patch.1", filters, 2 * filters),
    parameter.constant("patch.1.norm.weight", [2 * filters], 1),
    ...layer("patch.2", 2 * filters, 1),
  ];
}
