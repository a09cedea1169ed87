import { fromHalf, product, toHalf } from "../../base/bytes/index.ts";
import { MidashError } from "../../base/errors/index.ts";
import type { NamedArray, NamedArrays } from "../../networks/learning/index.ts";

/**
 * The safetensors format (Hugging Face, version 0.x): 8 bytes little-endian header length, a JSON header that gives
 * dtype, shape and byte range of each tensor, then the bytes. Only F32 and F16 here. Python's `safetensors` reads these files.
 */

const BAD = "the file is damaged or of another kind: fetch it again, or choose another";

/** Reads as large a header as the reference implementation does. */
const MAX_HEADER = 100_000_000;

export interface SafetensorsFile {
  readonly tensors: NamedArrays;
  /** String to string, as the format has it. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** How weights are stored: as they are, or in half the room with 11 significant bits. In memory they are always floats. */
export type WeightPrecision = "f32" | "f16";

export function encodeSafetensors(file: SafetensorsFile, precision: WeightPrecision = "f32"): Uint8Array {
  const names = Object.keys(file.tensors).sort(); // one file for one content, whatever the order of insertion
  const header: Record<string, unknown> = { __metadata__: file.metadata };
  let offset = 0;
  const stored = names.map((name) => {
    const { data } = file.tensors[name]!;
    return precision === "f16" ? toHalf(data) : data;
  });
  for (const [n, name] of names.entries()) {
    const { byteLength } = stored[n]!;
    const { shape } = file.tensors[name]!;
    header[name] = { dtype: precision.toUpperCase(), shape, data_offsets: [offset, offset + byteLength] };
    offset += byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(json.length / 8) * 8; // spaces up to 8-byte alignment, as the reference writes it
  const bytes = new Uint8Array(8 + padded + offset).fill(0x20, 8 + json.length, 8 + padded);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(json, 8);
  let place = 8 + padded;
  for (const { buffer, byteOffset, byteLength } of stored) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), place);
    place += byteLength;
  }
  return bytes;
}

/** @throws MidashError `invalid-file` */
export function decodeSafetensors(bytes: Uint8Array, where = "safetensors file"): SafetensorsFile {
  const bad = (what: string) => new MidashError("invalid-file", what, { where, hint: BAD });
  if (bytes.length < 8) throw bad("too short for a safetensors header");
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > MAX_HEADER || 8 + length > bytes.length) throw bad("not a safetensors file, or truncated");
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + length)));
  } catch (cause) {
    throw new MidashError("invalid-file", "its header is not JSON", {
      where,
      hint: BAD,
      cause,
    });
  }
  if (!isRecord(header)) throw bad("its header is not an object");
  const { __metadata__: metadata = {}, ...entries } = header;
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === "string"))
    throw bad("its metadata are not text");
  const tensors: Record<string, NamedArray> = {};
  const body = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength).subarray(8 + length); // a Buffer's slice copies nothing
  for (const [name, entry] of Object.entries(entries)) {
    if (!isRecord(entry)) throw bad(`tensor "${name}" is not described`);
    const { dtype, shape, data_offsets: range } = entry;
    if (dtype !== "F32" && dtype !== "F16")
      throw bad(`tensor "${name}" has dtype ${String(dtype)}, only F32 and F16 are read`);
    if (!isCounts(shape) || !isCounts(range) || range.length !== 2)
      throw bad(`tensor "${name}" has no valid shape and place`);
    const [begin, end] = range as [number, number];
    const size = dtype === "F32" ? 4 : 2;
    if (end - begin !== size * product(shape) || end > body.length)
      throw bad(`tensor "${name}" does not fit the file: truncated?`);
    const { buffer } = body.slice(begin, end); // copied: the source may not be aligned
    const data = dtype === "F32" ? new Float32Array(buffer) : fromHalf(new Uint16Array(buffer));
    tensors[name] = { data, shape };
  }
  return { tensors, metadata: metadata as Record<string, string> };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}
