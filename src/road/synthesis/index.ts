/** From MR to synthetic CT with a trained model: the model file, the steps around the model, the whole road. */

export type { PassedOver } from "./auto-backend.ts";
export type { BatchOptions } from "./batch-size.ts";
export { draws } from "./draws.ts";
export { ensemble } from "./ensemble.ts";
export { flips } from "./flips.ts";
export { lookAtInput } from "./look-at-input.ts";
export { type ModelPredictorOptions, modelPredictor } from "./model-predictor.ts";
export { type OpenedModel, openModel } from "./open-model.ts";
export { outsideAs } from "./outside-as.ts";
export { predictVolume } from "./predict-volume.ts";
export type {
  EarlyQuestion,
  EarlyWatcher,
  PredictHow,
  Prediction,
  Predictor,
  PredictorFacts,
} from "./predictor.ts";
export type { Progress } from "./progress.ts";
export { shaken } from "./shaken.ts";
export {
  type AskingOptions,
  type SynthesisOptions,
  type SynthesisResult,
  Synthesizer,
  type SynthesizerOptions,
} from "./synthesizer.ts";
