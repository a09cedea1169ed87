import { volumeFormats } from "../../imaging/formats/index.ts";
import { cpu, onnx, wasm } from "../../networks/backends/index.ts";
import { losses, optimizers } from "../../networks/learning/index.ts";
import { CycleGan, Diffusion, OnnxModel, Pix2Pix, UNet } from "../../networks/models/index.ts";
import { augmentations, batchSources } from "../data/index.ts";
import { samplerTypes, stepTypes } from "../preparation/index.ts";
import { definePlugin } from "./plugin.ts";

/** What ships with the package: a plugin like any other. The first model and the first backend are the command line's defaults. */
export const builtin = definePlugin({
  name: "@midash/core",
  models: { unet: UNet, pix2pix: Pix2Pix, cyclegan: CycleGan, diffusion: Diffusion, onnx: OnnxModel },
  backends: {
    wasm,
    cpu,
    onnx,
    "onnx-cuda": () => onnx({ provider: "cuda" }),
    "onnx-webgpu": () => onnx({ provider: "webgpu" }),
  },
  losses: { l1: losses.l1, l2: losses.l2, crossEntropy: losses.crossEntropy, dice: losses.dice },
  optimizers,
  augmentations,
  batchSources,
  formats: Object.fromEntries(volumeFormats.map((format) => [format.name, format])),
  steps: stepTypes,
  samplers: Object.fromEntries(samplerTypes.map((sampler) => [sampler.type, sampler])),
});
