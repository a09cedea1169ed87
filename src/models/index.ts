/** Networks: the contracts that every model keeps, and the models that ship with the package. */
export type { Scalar, Tensor, Variable } from "@tensorflow/tfjs-core";
export type {
  CreateOptions,
  Json,
  Loss,
  Model,
  ModelFactory,
  ModelSpec,
  ModelState,
  NamedArray,
  NamedArrays,
  NamedLosses,
  SampleSpec,
  TrainableModel,
  TrainStep,
} from "./model.ts";
export { UNet, type UNetConfig } from "./unet.ts";
