/** Model files: what a trained model holds, and its bytes. */
export type { Background, ModelBundle, Provenance } from "./bundle.ts";
export { assertIntact, encodeChecked } from "./checksum.ts";
export { decodeModel, encodeModel } from "./model-codec.ts";
export { decodeSafetensors } from "./safetensors.ts";
