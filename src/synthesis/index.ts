/** From MR to synthetic CT with a trained model: the model file, the steps around the model, the whole road. */
export type { PassedOver } from "./auto-backend.ts";
export type { Background, ModelBundle, Provenance } from "./bundle.ts";
export { assertIntact, encodeChecked } from "./checksum.ts";
export { decodeModel, encodeModel } from "./model-codec.ts";
export {
  fromModelGrid,
  MAX_OBLIQUITY,
  type ModelGrid,
  modelGridOf,
  SPACING_LIMITS,
  type SpacingLimits,
  toModelGrid,
} from "./model-grid.ts";
export { type OpenedModel, openModel } from "./open-model.ts";
export { coveringSlicer, type Progress, predictVolume } from "./predict-volume.ts";
export {
  assertChannels,
  type Plan,
  type Prepared,
  planOf,
  prepareInputs,
  type Step,
  stepsOf,
} from "./preprocess.ts";
export { decodeSafetensors } from "./safetensors.ts";
export {
  type SynthesisOptions,
  type SynthesisResult,
  Synthesizer,
  type SynthesizerOptions,
} from "./synthesizer.ts";
