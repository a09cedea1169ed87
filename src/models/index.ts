/** Networks: the contracts that every model keeps, and the models that ship with the package. */
export type {
  CreateOptions,
  Json,
  Loss,
  Model,
  ModelFactory,
  ModelSpec,
  NamedArray,
  NamedArrays,
  NamedLosses,
  SampleSpec,
  TrainableModel,
  TrainStep,
} from "./model.ts";
export { UNet, type UNetConfig } from "./unet.ts";
