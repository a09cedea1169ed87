/** Model files: what a trained model holds, and its bytes. */
export {
  type Background,
  INTENDED_FOR,
  type IntendedFor,
  intendedAfter,
  type ModelBundle,
  type Provenance,
} from "./bundle.ts";
export { assertIntact, encodeChecked } from "./checksum.ts";
export { type JoinOptions, joinModels } from "./join-models.ts";
export { decodeModel, type EncodeModelOptions, encodeModel } from "./model-codec.ts";
export { decodeSafetensors, type WeightPrecision } from "./safetensors.ts";
