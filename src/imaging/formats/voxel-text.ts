import { MidashError, throwIfAborted } from "../../base/errors/index.ts";
import { allocate } from "./gzip.ts";
import { brief } from "./text-header.ts";
import { sizeOf, type VoxelType } from "./voxels.ts";

/** How voxels are written as text: as numbers, or byte by byte in hexadecimal digits. */
export type TextVoxels = "numbers" | "hex";

/** What of a text is wanted. */
interface TextPart {
  readonly type: VoxelType;
  /** Bytes of voxels, from the first one. */
  readonly length: number;
  /** The first byte of `text` in its file, for messages. */
  readonly offset: number;
  readonly where: string;
  readonly signal?: AbortSignal;
}

/** The fewest characters that so many bytes of voxels can be written in. */
export function fewestCharacters(text: TextVoxels, bytes: number, type: VoxelType): number {
  return text === "hex" ? 2 * bytes : 2 * (bytes / sizeOf(type)) - 1;
}

/**
 * Voxels that are written as numbers, divided by white space or commas, as little-endian bytes. Numbers of an integer type must be whole and
 * within its range: other readers cut or wrap them around.
 *
 * @throws MidashError `invalid-file`, also when there are too few; `unsupported` for an int64 that no float64 represents exactly
 */
export function voxelsOfNumbers(
  text: Uint8Array,
  { type, length, where, offset, signal }: TextPart,
): Uint8Array {
  const size = sizeOf(type);
  const out = allocate(length, where);
  const store = STORES[type];
  const view = new DataView(out.buffer);
  let at = 0;
  for (let to = 0; to < length; to += size) {
    if (to % 2 ** 20 === 0) throwIfAborted(signal);
    while (at < text.length && isBetween(text[at]!)) at++;
    const start = at;
    while (at < text.length && !isBetween(text[at]!)) at++;
    const word = String.fromCharCode(...text.subarray(start, Math.min(at, start + LONGEST)));
    const bad = (what: string, kind: "invalid-file" | "unsupported" = "invalid-file") =>
      new MidashError(kind, what, { where, offset: offset + start, hint: "get the file again" });
    if (word === "")
      throw bad(
        `truncated: it has ${to / size} voxels as text, its header promises ${length / size} or more`,
      );
    const value = numberIn(word);
    if (value === undefined) {
      const shown = /^[!-~]+$/.test(word) ? `"${brief(word)}"` : "something that is no text";
      throw bad(`${shown} among its voxels is not a number`);
    }
    const fits = store(view, to, value);
    if (!fits) throw bad(`"${brief(word)}" among its voxels is not of type ${type}`);
    if (size === 8 && type !== "float64" && !Number.isSafeInteger(value) && `${BigInt(value)}` !== word)
      throw bad(`its ${type} voxels hold ${brief(word)}, which no float64 represents exactly`, "unsupported");
  }
  return out;
}

/**
 * Voxels whose bytes are written as pairs of hexadecimal digits; white space between digits does not count.
 *
 * @throws MidashError `invalid-file`, also when there are too few
 */
export function voxelsOfHex(text: Uint8Array, { length, where, offset, signal }: TextPart): Uint8Array {
  const out = allocate(length, where);
  let digits = 0;
  for (let at = 0; at < text.length && digits < 2 * length; at++) {
    if (at % 2 ** 20 === 0) throwIfAborted(signal);
    const code = text[at]!;
    if (isSpace(code)) continue;
    const digit = digitOf(code);
    if (digit < 0)
      throw new MidashError("invalid-file", "a character among its voxels is not a hexadecimal digit", {
        where,
        offset: offset + at,
        hint: "get the file again",
      });
    out[digits >> 1]! |= digits % 2 === 0 ? digit << 4 : digit;
    digits++;
  }
  if (digits === 2 * length) return out;
  throw new MidashError(
    "invalid-file",
    `truncated: it has ${digits} hexadecimal digits of voxels, its header promises ${2 * length} or more`,
    { where, offset: offset + text.length, hint: "get the file again" },
  );
}

/** Letters of a word that are looked at: a float64 has some 25. */
const LONGEST = 64;

function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

function isBetween(code: number): boolean {
  return isSpace(code) || code === 0x2c;
}

function digitOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1;
}

/** A number as C writes it: decimal, "nan", "inf". */
function numberIn(word: string): number | undefined {
  if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(word)) return Number(word);
  if (/^[-+]?nan$/i.test(word)) return Number.NaN;
  const infinite = /^([-+]?)inf(inity)?$/i.exec(word);
  return infinite ? (infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY) : undefined;
}

type Store = (view: DataView, at: number, value: number) => boolean;

function integers(
  low: number,
  high: number,
  set: (view: DataView, at: number, value: number) => void,
): Store {
  return (view, at, value) => {
    if (!Number.isInteger(value) || value < low || value > high) return false;
    set(view, at, value);
    return true;
  };
}

/** Each puts a number into place, or says that the type does not have it. */
const STORES: Readonly<Record<VoxelType, Store>> = {
  int8: integers(-(2 ** 7), 2 ** 7 - 1, (view, at, v) => view.setInt8(at, v)),
  uint8: integers(0, 2 ** 8 - 1, (view, at, v) => view.setUint8(at, v)),
  int16: integers(-(2 ** 15), 2 ** 15 - 1, (view, at, v) => view.setInt16(at, v, true)),
  uint16: integers(0, 2 ** 16 - 1, (view, at, v) => view.setUint16(at, v, true)),
  int32: integers(-(2 ** 31), 2 ** 31 - 1, (view, at, v) => view.setInt32(at, v, true)),
  uint32: integers(0, 2 ** 32 - 1, (view, at, v) => view.setUint32(at, v, true)),
  // The largest float64 below 2^63 and 2^64.
  int64: integers(-(2 ** 63), 2 ** 63 - 1024, (view, at, v) => view.setBigInt64(at, BigInt(v), true)),
  uint64: integers(0, 2 ** 64 - 2048, (view, at, v) => view.setBigUint64(at, BigInt(v), true)),
  float32: (view, at, v) => {
    view.setFloat32(at, v, true);
    return true;
  },
  float64: (view, at, v) => {
    view.setFloat64(at, v, true);
    return true;
  },
};
