import { sha256 } from "../../base/bytes/index.ts";
import { fail } from "../../base/errors/index.ts";
import { encodeSafetensors, type SafetensorsFile, type WeightPrecision } from "./safetensors.ts";

/**
 * Safetensors files that carry the SHA-256 of themselves, as metadata entry `sha256`. Hashed is the whole file, with the
 * 64 digits of the entry taken as zeros (as tar does for its headers): header, weights and length are all covered, the file stays a
 * plain safetensors file, and writing it is one rename. In Python:
 *
 *     zeroed = re.sub(rb'("sha256":")[0-9a-f]{64}', rb"\g<1>" + b"0" * 64, data, count=1)
 *     hashlib.sha256(zeroed).hexdigest()
 */
const ZEROS = "0".repeat(64);

/** `file` with its checksum. An entry `sha256` of its metadata is replaced. */
export function encodeChecked(file: SafetensorsFile, precision: WeightPrecision = "f32"): Uint8Array {
  const { sha256: _, ...metadata } = file.metadata;
  const bytes = encodeSafetensors({ ...file, metadata: { sha256: ZEROS, ...metadata } }, precision);
  const place = placeOf(bytes)!;
  bytes.set(new TextEncoder().encode(digestOf(bytes, place)), place);
  return bytes;
}

/**
 * A file with one flipped bit still decodes, to weights that give a plausible, wrong CT. So a file without a checksum is
 * refused too: all that this library writes have one.
 *
 * @throws MidashError `invalid-file`
 */
export function assertIntact(bytes: Uint8Array, where: string, hint: string): void {
  const place = placeOf(bytes);
  if (place === undefined)
    fail("invalid-file", "carries no checksum, so damage could not be told", { where, hint });
  const stated = new TextDecoder().decode(bytes.subarray(place, place + ZEROS.length));
  if (stated !== digestOf(bytes, place))
    fail("invalid-file", "is damaged: its content does not match its checksum (SHA-256)", { where, hint });
}

function digestOf(bytes: Uint8Array, place: number): string {
  const zeros = new TextEncoder().encode(ZEROS);
  return sha256([bytes.subarray(0, place), zeros, bytes.subarray(place + ZEROS.length)]);
}

/** Where the digits start. A quote within a JSON string has a backslash before it, so this can only be the entry. */
function placeOf(bytes: Uint8Array): number | undefined {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = new TextDecoder("latin1").decode(bytes.subarray(8, 8 + length)); // one letter a byte
  const found = /(?<!\\)"sha256":"(?=[0-9a-f]{64}")/.exec(header);
  return found ? 8 + found.index + found[0].length : undefined;
}
