/** Networks: the contracts that every model keeps, and the models that ship with the package. */

export type { Scalar, Tensor, Tensor4D, Tensor5D, Variable } from "@tensorflow/tfjs-core";
export type { Batch, TrainBatch } from "./batch.ts";
export { defineModel, type ModelConfig, type ModelDefinition, type ModelFactory } from "./define-model.ts";
export { Diffusion, type DiffusionConfig } from "./diffusion.ts";
export * as layers from "./layers.ts";
export {
  type CreateOptions,
  isTrainable,
  type Model,
  type ModelSpec,
  type ModelState,
  type NamedLosses,
  type SampleSpec,
  type TrainableModel,
  type TrainStep,
} from "./model.ts";
export { createModel } from "./onnx/create-model.ts";
export { OnnxGraph } from "./onnx/graph.ts";
export { type OnnxNetwork, type OnnxPass, onePass } from "./onnx/network.ts";
export { OnnxModel, type OnnxModelConfig, toBase64 } from "./onnx/onnx-model.ts";
export { type DeclaredValue, type OnnxParts, splitOnnx } from "./onnx/parts.ts";
export type { OnnxAttribute, OnnxValue } from "./onnx/proto.ts";
export {
  type CtOutput,
  channelsOf,
  type LabelsOutput,
  type OutputSpec,
  outputChannels,
  type ScaleOutput,
} from "./output.ts";
export { Pix2Pix, type Pix2PixConfig } from "./pix2pix.ts";
export type { PredictOptions } from "./predict-options.ts";
export { disposeTargets, outputTensors, targetTensors } from "./samples.ts";
export { lendStep, type StepNow } from "./train-step.ts";
export { UNet, type UNetConfig } from "./unet.ts";
