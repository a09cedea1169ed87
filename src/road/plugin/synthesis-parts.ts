import { cpu, onnx, wasm } from "../../networks/backends/index.ts";
import { CycleGan, Diffusion, EnsembleModel, OnnxModel, Pix2Pix, UNet } from "../../networks/models/index.ts";
import { samplerTypes, stepTypes } from "../preparation/index.ts";
import { definePlugin } from "./plugin.ts";

/** The package's own parts that a model file can name: all that synthesis needs, and nothing that a page would load in vain (formats, training). */
export const synthesisParts = /* @__PURE__ */ (() =>
  definePlugin({
    name: "@midash/core",
    models: {
      unet: UNet,
      pix2pix: Pix2Pix,
      cyclegan: CycleGan,
      diffusion: Diffusion,
      onnx: OnnxModel,
      ensemble: EnsembleModel,
    },
    backends: {
      wasm,
      cpu,
      onnx,
      "onnx-cuda": () => onnx({ provider: "cuda" }),
      "onnx-webgpu": () => onnx({ provider: "webgpu" }),
    },
    steps: stepTypes,
    samplers: Object.fromEntries(samplerTypes.map((sampler) => [sampler.type, sampler])),
  }))();
