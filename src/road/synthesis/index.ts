/** From MR to synthetic CT with a trained model: the model file, the steps around the model, the whole road. */
export { airOutside } from "./air-outside.ts";
export type { PassedOver } from "./auto-backend.ts";
export type { BatchOptions } from "./batch-size.ts";
export { type OpenedModel, openModel } from "./open-model.ts";
export { type Progress, predictVolume } from "./predict-volume.ts";
export {
  type SynthesisOptions,
  type SynthesisResult,
  Synthesizer,
  type SynthesizerOptions,
} from "./synthesizer.ts";
