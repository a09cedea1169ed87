import type { Layers, Weights } from "../layers/index.ts";
import type { SampleSpec } from "./model.ts";
import type { OutputSpec } from "./output.ts";
import type { ParameterPlan } from "./parameters.ts";

/** A network of one image in and one out, written once for training, inference and ONNX. */
export interface Network {
  /** Of the model, for errors and for the graph. */
  readonly name: string;
  readonly input: SampleSpec;
  readonly outputs: readonly OutputSpec[];
  readonly plan: ParameterPlan;
  /** [N, (D,) H, W, channels of the input] -> [N, (D,) H, W, channels of all outputs]. */
  forward<T>(layers: Layers<T>, weights: Weights<T>, x: T): T;
}
