/**
 * CycleGAN (Zhu et al. 2017, "Unpaired image-to-image translation using cycle-consistent adversarial networks"): MR becomes CT and CT becomes
 * MR, two PatchGANs judge them, and going there and back must give the image again. It learns without pairs.
 *
 * Kept minimal: both generators are U-Nets, and whole samples are judged, so CTs should show nothing but the body. MR and CT have no common
 * scale, so the identity loss takes images from one to the other by `reversedScale`: what is bright on CT is dark on MR.
 *
 * @module
 */
import { option } from "../../base/options/index.ts";
import { optimizers } from "../learning/index.ts";
import { defineModel, type ModelConfig } from "./define-model.ts";
import { graphOf } from "./graph-of.ts";
import type { TrainableModel } from "./model.ts";
import type { Network } from "./network.ts";
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
        generator: optimizers.adam({ learningRate: 2e-4, beta1: 0.5 }),
        discriminator: optimizers.adam({ learningRate: 2e-4, beta1: 0.5 }),
      },
      create: async (session, options): Promise<TrainableModel> => {
        const { CycleGanModel } = await import("./cyclegan-model.ts"); // not before: pages load less
        return session.run(() => new CycleGanModel(session, { generator, unet, ...config }, options));
      },
      graph: graphOf(generator),
    };
  },
});
