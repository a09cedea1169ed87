import { MidashError } from "../../base/errors/index.ts";
import { assertBundle, type ModelBundle } from "./bundle.ts";
import { assertIntact, encodeChecked } from "./checksum.ts";
import { decodeSafetensors, type WeightPrecision } from "./safetensors.ts";

/** Options of {@link encodeModel}. */
export interface EncodeModelOptions {
  /** `f16` halves the file, and rounds each weight to 11 significant bits. Default `f32`. */
  readonly precision?: WeightPrecision;
}

/** A {@link ModelBundle} as the bytes of one `.safetensors` file: weights as tensors, the rest under metadata "midash", and a checksum. */
export function encodeModel(bundle: ModelBundle, { precision = "f32" }: EncodeModelOptions = {}): Uint8Array {
  const { weights, ...rest } = bundle;
  const metadata = { format: "midash", midash: JSON.stringify(rest) };
  return encodeChecked({ tensors: weights, metadata }, precision);
}

/** @throws MidashError `invalid-file` when the bytes are no model of this library, or damaged: the checksum is verified */
export function decodeModel(bytes: Uint8Array, options: { readonly name?: string } = {}): ModelBundle {
  const where = options.name ?? "model file";
  const { tensors, metadata } = decodeSafetensors(bytes, where);
  if (metadata.format === "midash-checkpoint")
    throw new MidashError("invalid-file", "is a training checkpoint, not a model", {
      where,
      hint: "use best.safetensors beside it",
    });
  if (!metadata.midash)
    throw new MidashError("invalid-file", "holds tensors but no midash model", {
      where,
      hint: "models are written by `midash train` or encodeModel",
    });
  assertIntact(bytes, where, "fetch or copy it again from where it is whole, or train it again");
  let rest: Omit<ModelBundle, "weights">;
  try {
    rest = JSON.parse(metadata.midash) as Omit<ModelBundle, "weights">;
  } catch (cause) {
    throw new MidashError("invalid-file", "its midash metadata is not JSON", { where, cause });
  }
  const bundle: ModelBundle = { ...rest, weights: tensors };
  assertBundle(bundle, where);
  return bundle;
}
