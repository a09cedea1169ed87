/**
 * The U-Net (Ronneberger et al. 2015) as the capstone used it, in its usual modern form: two 3×3 convolutions a
 * level, each with norm and leaky ReLU, max pooling down, up-sampling and skip connections up, a 1×1 convolution out. With
 * `dims: 3` the same in 3-D (Çiçek et al. 2016), on [N, D, H, W, C].
 *
 * @example
 * import { UNet } from "@midash/core/models/unet";
 * const spec = UNet({ inChannels: 1, baseFilters: 32, levels: 4 });
 *
 * @module
 */

import { assert } from "../../base/errors/index.ts";
import type { Session } from "../backends/index.ts";
import type { NamedArrays } from "../learning/index.ts";
import type { Batch, TrainBatch } from "./batch.ts";
import { defineModel } from "./define-model.ts";
import type { Image } from "./layers.ts";
import type { CreateOptions, NamedLosses, TrainableModel, TrainStep } from "./model.ts";
import { unetNetwork } from "./onnx/unet-graph.ts";
import { Parameters } from "./parameters.ts";
import { assertSamples, disposeTargets, predictWith, targetTensors, tensorOf } from "./samples.ts";
import { type ResolvedUNetConfig, UNET_OPTIONS } from "./unet-config.ts";
import { UNetNetwork, unetPlan, unetSampleBytes } from "./unet-network.ts";

export type { UNetConfig } from "./unet-config.ts";

/** Values that each final activation can give. */
const RANGES = { linear: undefined, sigmoid: [0, 1], tanh: [-1, 1] } as const;

/**
 * A U-Net recipe.
 *
 * @throws MidashError `invalid-argument` for unknown or impossible options
 */
export const UNet = defineModel({
  name: "unet",
  about: "U-Net (Ronneberger et al. 2015), 2-D or 3-D: two 3×3(×3) convolutions a level, skip connections",
  options: UNET_OPTIONS,
  spec(options) {
    const config: ResolvedUNetConfig = { ...options, outChannels: 1 };
    const { dims, upsampling, levels } = config;
    assert(dims === 2 || upsampling !== "bilinear", 'upsampling "bilinear" is for dims 2', {
      where: "unet",
      hint: 'in 3-D choose "nearest" or "transposed"',
    });
    const multipleOf = 2 ** (levels - 1);
    return {
      input: { channels: config.inChannels, dims, multipleOf },
      outputs: [{ kind: "ct", name: "ct", range: RANGES[config.finalActivation] }],
      sampleBytes: (size) => unetSampleBytes(config, size),
      create: (session, options): Promise<TrainableModel> =>
        session.run(() => new UNetModel(session, config, options)),
      onnx: (weights) => unetNetwork("unet", config, weights),
    };
  },
});

class UNetModel implements TrainableModel {
  readonly #session: Session;
  readonly #config: ResolvedUNetConfig;
  readonly #parameters: Parameters;
  readonly #network: UNetNetwork;

  constructor(session: Session, config: ResolvedUNetConfig, options: CreateOptions) {
    this.#session = session;
    this.#config = config;
    this.#parameters = Parameters.create(session, unetPlan(config), options.random, options.weights);
    this.#network = new UNetNetwork(session.tf, config, this.#parameters);
  }

  async predict(batch: Batch): Promise<Batch> {
    this.#check(batch);
    return predictWith(this.#session, batch, (x) => this.#network.forward(x, false));
  }

  async trainStep(batch: TrainBatch, step: TrainStep): Promise<NamedLosses> {
    const { tf } = this.#session;
    this.#check(batch.input);
    return this.#session.run(async () => {
      const x = tensorOf<Image>(tf, batch.input);
      const targets = targetTensors(tf, batch.targets);
      try {
        const { loss } = await step.optimize("model", this.#parameters.trainable(), () =>
          step.loss({ ct: this.#network.forward(x, true) }, targets),
        );
        return { loss };
      } finally {
        x.dispose();
        disposeTargets(tf, targets);
      }
    });
  }

  weights(): Promise<NamedArrays> {
    return this.#session.run(() => this.#parameters.read());
  }

  dispose(): void {
    this.#parameters.dispose();
  }

  #check(batch: Batch): void {
    const { inChannels: channels, dims, levels } = this.#config;
    assertSamples(batch, { channels, dims, multipleOf: 2 ** (levels - 1) }, "unet");
  }
}
