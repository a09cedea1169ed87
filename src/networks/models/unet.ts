/**
 * The U-Net (Ronneberger et al. 2015) as the capstone used it, in its usual modern form: two 3×3 convolutions a
 * level, each with norm and leaky ReLU, max pooling down, up-sampling and skip connections up, a 1×1 convolution out. With
 * `dims: 3` the same in 3-D (Çiçek et al. 2016), on [N, D, H, W, C]. With `classes` it also gives their probabilities in each pixel.
 *
 * @example
 * import { UNet } from "@midash/core/models/unet";
 * const spec = UNet({ inChannels: 1, baseFilters: 32, levels: 4 });
 *
 * @module
 */

import { assert } from "../../base/errors/index.ts";
import { defineNetwork } from "./define-network.ts";
import type { OutputSpec } from "./output.ts";
import { UNET_OPTIONS } from "./unet-config.ts";
import { unetForward, unetPlan, unetSampleBytes } from "./unet-network.ts";

export type { UNetConfig } from "./unet-config.ts";

/** Values that each final activation can give. */
const RANGES = { linear: undefined, sigmoid: [0, 1], tanh: [-1, 1] } as const;

/**
 * A U-Net recipe. Outputs: `ct`, and, with `classes`, their probabilities as `tissue`. Optional inputs that a sample lacks are channels of 0 to it.
 *
 * @throws MidashError `invalid-argument` for unknown or impossible options
 */
export const UNet = defineNetwork({
  name: "unet",
  about: "U-Net (Ronneberger et al. 2015), 2-D or 3-D: two 3×3(×3) convolutions a level, skip connections",
  options: UNET_OPTIONS,
  samples(config) {
    const { dims, inChannels, levels, upsampling, finalActivation, classes, stem } = config;
    const where = "unet";
    assert(dims === 2 || upsampling !== "bilinear", 'upsampling "bilinear" is for dims 2', {
      where,
      hint: 'in 3-D choose "nearest" or "transposed"',
    });
    assert(classes.length !== 1, "one class alone is everywhere", {
      where,
      hint: "give two or more, or none",
    });
    assert(new Set(classes).size === classes.length, `classes must differ, got ${classes.join(", ")}`, {
      where,
    });
    const ct: OutputSpec = { kind: "ct", name: "ct", range: RANGES[finalActivation] };
    return {
      input: { channels: inChannels, dims, multipleOf: 2 ** (stem === "half" ? levels : levels - 1) },
      outputs: classes.length > 0 ? [ct, { kind: "labels", name: "tissue", classes }] : [ct],
      sampleBytes: (size) => unetSampleBytes({ ...config, outChannels: 1 + classes.length }, size),
    };
  },
  plan: (config) => unetPlan({ ...config, outChannels: 1 + config.classes.length }),
  forward(layers, weights, x, config) {
    const { finalActivation, classes } = config;
    const y = unetForward(layers, weights, x, config);
    if (classes.length === 0) return layers.activate(y, finalActivation);
    const [ct, scores] = layers.split(y, [1, classes.length]) as [typeof y, typeof y];
    layers.release(y);
    const tissue = layers.activate(scores, "softmax");
    layers.release(scores);
    return layers.concat([layers.activate(ct, finalActivation), tissue]);
  },
});
