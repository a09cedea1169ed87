import { joinBytes } from "../../base/bytes/index.ts";
import { MidashError, throwIfAborted } from "../../base/errors/index.ts";
import { pieces } from "./pieces.ts";

/**
 * How much is fed to the engine at a time. A gzip bomb grows 1032-fold, and an engine may inflate one piece whole
 * before the reader sees any of it; 64 KiB bounds that to 66 MB.
 */
const PIECE = 1 << 16;

/** Deflate cannot do better than 1032:1 (a 258-byte match in 2 bits), so fewer bytes can't hold more than this. */
export const MAX_GZIP_RATIO = 1032;

/** How many marks that begin no member are tried for one end: a forged file must not make the work quadratic. */
const MAX_FALSE_MARKS = 64;

/** By magic number, not by name: files called .nii are often gzipped and the other way round. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** What an engine unpacked, and why it stopped short, if it did. */
export interface Unpacked {
  readonly bytes: Uint8Array;
  /** The data is damaged, or ends too soon. */
  readonly error?: unknown;
}

/** How bytes are packed: gzip (RFC 1952), or zlib (RFC 1950), the bare stream that MetaImage holds. */
export type Packing = "gzip" | "zlib";

/** Packs and unpacks gzip where something faster than the platform's streams is at hand: `/node` passes Node's own zlib. */
export interface GzipEngine {
  /** As {@link gunzip}; the bytes that come out are nobody else's. Rejects when `signal` fires or memory does not suffice, never for damage. */
  gunzip(
    bytes: Uint8Array,
    options: { readonly limit: number; readonly signal?: AbortSignal },
  ): Promise<Unpacked>;
  /** One member, without name and time. */
  gzip(bytes: Uint8Array, options: { readonly signal?: AbortSignal }): Promise<Uint8Array>;
  /** As `gunzip`, of one zlib stream. Default: the platform's streams. */
  inflate?(
    bytes: Uint8Array,
    options: { readonly limit: number; readonly signal?: AbortSignal },
  ): Promise<Unpacked>;
  /** As `gzip`, to a zlib stream. Default: the platform's streams. */
  deflate?(bytes: Uint8Array, options: { readonly signal?: AbortSignal }): Promise<Uint8Array>;
}

/** Options of {@link gunzip}. */
export interface GunzipOptions {
  /** Stop when so many bytes have come out. The stream's checksum is verified only when it ends before that. */
  readonly limit: number;
  /** The file, for messages. */
  readonly where: string;
  /** Default: the platform's `DecompressionStream`. */
  readonly engine?: GzipEngine;
  readonly signal?: AbortSignal;
}

/**
 * Inflates at most `limit` bytes; the result is shorter when the stream ends sooner.
 *
 * Several gzip members in a row (bgzip writes them) are one stream (RFC 1952, 2.2). A `DecompressionStream` takes one
 * member only, in browsers and in Node from 24.19, so each member is given to one of its own.
 *
 * @throws MidashError `invalid-file` when the stream is truncated or damaged, `limit` when memory does not suffice
 */
export function gunzip(bytes: Uint8Array, options: GunzipOptions): Promise<Uint8Array> {
  return unpack(bytes, "gzip", options);
}

/** {@link gunzip} for either packing. What follows a zlib stream must be cut off before. */
export async function unpack(
  bytes: Uint8Array,
  packing: Packing,
  options: GunzipOptions,
): Promise<Uint8Array> {
  const { limit, where, engine, signal } = options;
  throwIfAborted(signal);
  const { bytes: out, error } = await (packing === "gzip"
    ? (engine?.gunzip(bytes, { limit, signal }) ?? inflateMembers(bytes, allocate(limit, where), signal))
    : (engine?.inflate?.(bytes, { limit, signal }) ?? inflateStream(bytes, allocate(limit, where), signal)));
  throwIfAborted(signal);
  if (error === undefined) return out;
  throw new MidashError(
    "invalid-file",
    `its ${packing} data is truncated or damaged after ${out.length} unpacked bytes`,
    { where, hint: "get the file again", offset: out.length, cause: error },
  );
}

async function inflateStream(
  bytes: Uint8Array,
  out: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<Unpacked> {
  const { length, error } = await inflateOne(bytes, out, "deflate", signal);
  return { bytes: out.subarray(0, length), ...(error === undefined ? {} : { error }) };
}

/** Fills `out` from as many members as there are, or as it takes. */
async function inflateMembers(
  bytes: Uint8Array,
  out: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<Unpacked> {
  let length = 0;
  for (let start = 0; start < bytes.length && length < out.length; ) {
    let end = start;
    for (let falseMarks = 0; ; falseMarks++) {
      end = falseMarks < MAX_FALSE_MARKS ? nextMark(bytes, end + 1) : bytes.length;
      const inflated = await inflateOne(bytes.subarray(start, end), out.subarray(length), "gzip", signal);
      if (inflated.error === undefined) {
        length += inflated.length;
        break;
      }
      if (end < bytes.length) continue; // this mark lies inside the member
      return { bytes: out.subarray(0, length + inflated.length), error: inflated.error };
    }
    start = end;
  }
  return { bytes: out.subarray(0, length) };
}

/** Where the next gzip member may begin, from `from` on: the same three bytes may stand inside a member, too. */
function nextMark(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0x1f, from); at >= 0; at = bytes.indexOf(0x1f, at + 1))
    if (bytes[at + 1] === 0x8b && bytes[at + 2] === 8) return at;
  return bytes.length;
}

/** Fills `out` from one gzip member or zlib stream ("deflate"), or as far as it goes. `error`: it is not whole. */
async function inflateOne(
  member: Uint8Array,
  out: Uint8Array,
  kind: "gzip" | "deflate",
  signal: AbortSignal | undefined,
): Promise<{ readonly length: number; readonly error?: unknown }> {
  const reader = pieces(member, PIECE).pipeThrough(new DecompressionStream(kind)).getReader();
  let length = 0;
  try {
    while (length < out.length) {
      throwIfAborted(signal);
      const { done, value } = await reader.read();
      if (done) break;
      const part = value.subarray(0, out.length - length);
      out.set(part, length);
      length += part.length;
    }
    return { length };
  } catch (error) {
    if (MidashError.is(error)) throw error;
    return { length, error };
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Compresses at the platform's own level, or the engine's. The result carries no name and no time, so it is reproducible. */
export function gzip(
  bytes: Uint8Array,
  options: { readonly engine?: GzipEngine; readonly signal?: AbortSignal } = {},
): Promise<Uint8Array> {
  return pack(bytes, "gzip", options);
}

/** {@link gzip} for either packing. */
export async function pack(
  bytes: Uint8Array,
  packing: Packing,
  options: { readonly engine?: GzipEngine; readonly signal?: AbortSignal } = {},
): Promise<Uint8Array> {
  const { engine, signal } = options;
  throwIfAborted(signal);
  const packed = packing === "gzip" ? engine?.gzip(bytes, { signal }) : engine?.deflate?.(bytes, { signal });
  if (packed) return packed;
  const kind = packing === "gzip" ? "gzip" : "deflate";
  const reader = pieces(bytes, PIECE).pipeThrough(new CompressionStream(kind)).getReader();
  const parts: Uint8Array[] = [];
  try {
    for (;;) {
      throwIfAborted(signal);
      const { done, value } = await reader.read();
      if (done) return joinBytes(parts);
      parts.push(value);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** `new Uint8Array(length)` whose failure names the file. */
export function allocate(length: number, where: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw new MidashError("limit", `${length} bytes are more than this engine can hold in one piece`, {
      where,
      hint: "crop or downsample the volume first",
      cause,
    });
  }
}
