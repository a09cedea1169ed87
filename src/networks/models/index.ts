/** Networks: the contracts that every model keeps, and the models that ship with the package. */

export type { Scalar, Tensor, Tensor4D, Tensor5D, Variable } from "@tensorflow/tfjs-core";
export type { Batch, SampleOrigin, TrainBatch } from "./batch.ts";
export { createModel } from "./create-model.ts";
export { CycleGan, type CycleGanConfig } from "./cyclegan.ts";
export { defaultLoss } from "./default-loss.ts";
export {
  defineModel,
  type FindSpec,
  type ModelConfig,
  type ModelDefinition,
  type ModelFactory,
  type NamedSpec,
} from "./define-model.ts";
export { defineNetwork, type NetworkDefinition } from "./define-network.ts";
export { Diffusion, type DiffusionConfig } from "./diffusion.ts";
export { EnsembleModel } from "./ensemble.ts";
export type { GraphNetwork, GraphPass } from "./graph-network.ts";
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
export { type OnnxLayout, OnnxModel, type OnnxModelConfig } from "./onnx-model.ts";
export {
  type CtOutput,
  channelsOf,
  type LabelsOutput,
  type OutputSpec,
  outputChannels,
  parseOutputs,
  type ScaleOutput,
} from "./output.ts";
export {
  type Initial,
  type ParameterPlan,
  type ParameterSpec,
  Parameters,
  parameter,
} from "./parameters.ts";
export { Pix2Pix, type Pix2PixConfig } from "./pix2pix.ts";
export type { PredictOptions } from "./predict-options.ts";
export { disposeTargets, outputTensors, targetTensors } from "./samples.ts";
export { lendStep } from "./train-step.ts";
export { UNet, type UNetConfig } from "./unet.ts";
