/** Model files: what a trained model holds, and its bytes. */
export type { Background, ModelBundle, Provenance } from "./bundle.ts";
export { assertIntact, encodeChecked } from "./checksum.ts";
export { decodeModel, type EncodeModelOptions, encodeModel } from "./model-codec.ts";
export { decodeSafetensors, type WeightPrecision } from "./safetensors.ts";
