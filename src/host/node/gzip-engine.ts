import { promisify } from "node:util";
import * as zlib from "node:zlib";
import { joinBytes } from "../../base/bytes/index.ts";
import { aborted, MidashError, throwIfAborted } from "../../base/errors/index.ts";
import type { GzipEngine, Unpacked } from "../../imaging/formats/index.ts";
import type { ArrivingFile } from "./arriving-file.ts";

/** Bytes fed to zlib at a time when it unpacks: between two of them the signal is seen. */
const FEED = 1 << 22;
/** Bytes that one thread packs at a time: large enough that the blocks' seams cost 0.01 % in size, small enough that all threads have some. */
const BLOCK = 1 << 20;
/** How far back deflate looks. */
const WINDOW = 1 << 15;
/**
 * nibabel's default, too: level 6 takes seven times as long to save 8 % on MR, where half of each voxel is noise.
 */
const LEVEL = 1;
/** Blocks in the thread pool at a time: as many as it has threads unless UV_THREADPOOL_SIZE says otherwise. */
const AT_ONCE = 4;

const deflate = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.deflateRaw);

/** gzip and zlib streams by Node's zlib, off the main thread: unpacking straight into one array, packing on several threads. */
export const zlibEngine: GzipEngine = {
  gunzip: (bytes, options) => unpack(zlib.createGunzip, bytes, options),
  inflate: (bytes, options) => unpack(zlib.createInflate, bytes, options),
  gzip: async (bytes, options) => member(await blocks(bytes, options), checksum(bytes), bytes.length),
  deflate: async (bytes, options) => stream(await blocks(bytes, options), adler32(bytes)),
};

/** The engine for a file that is still being read: unpacking waits for the bytes that it needs next, so that both go on at once. */
export function engineWhile({ bytes: file, until }: ArrivingFile): GzipEngine {
  return {
    ...zlibEngine,
    gunzip: (bytes, options) =>
      unpack(zlib.createGunzip, bytes, bytes === file ? { ...options, until } : options),
  };
}

interface UnpackOptions {
  readonly limit: number;
  readonly signal?: AbortSignal;
  /** Resolves when so many bytes of the packed data are there. Default: they all are. */
  readonly until?: ArrivingFile["until"];
}

/** zlib writes into one chunk as large as the limit, so nothing is joined afterwards. */
async function unpack(
  create: typeof zlib.createGunzip | typeof zlib.createInflate,
  bytes: Uint8Array,
  { limit, signal, until }: UnpackOptions,
): Promise<Unpacked> {
  const engine = create({ chunkSize: Math.max(limit, zlib.constants.Z_MIN_CHUNK) });
  const parts: Buffer[] = [];
  let length = 0;
  return new Promise<Unpacked>((resolve, reject) => {
    const settle = (error?: unknown) => {
      engine.destroy();
      if (signal?.aborted) reject(aborted(signal));
      else if ((error as NodeJS.ErrnoException | undefined)?.code === "Z_MEM_ERROR")
        reject(new MidashError("limit", "not enough memory to unpack it", { cause: error }));
      else
        resolve({ bytes: joined(parts, Math.min(length, limit)), ...(error === undefined ? {} : { error }) });
    };
    engine.on("data", (part: Buffer) => {
      parts.push(part);
      length += part.length;
      if (length >= limit) settle();
    });
    engine.on("end", () => settle());
    engine.on("error", settle);
    let at = 0;
    const feed = async () => {
      const piece = bytes.subarray(at, at + FEED);
      at += piece.length;
      await until?.(at);
      if (signal?.aborted) return settle();
      if (engine.destroyed) return;
      if (at >= bytes.length) engine.end(piece);
      else engine.write(piece, next);
    };
    const next = () => {
      feed().catch((error) => {
        engine.destroy();
        reject(error);
      });
    };
    next();
  });
}

/** Parts that lie one after the other in one chunk are that chunk, uncopied. */
function joined(parts: readonly Buffer[], length: number): Uint8Array {
  const first = parts[0];
  if (!first) return new Uint8Array(0);
  let end = first.byteOffset;
  for (const part of parts) {
    if (part.buffer !== first.buffer || part.byteOffset !== end) return ownCopy(parts, length);
    end += part.length;
  }
  return new Uint8Array(first.buffer, first.byteOffset, length);
}

function ownCopy(parts: readonly Buffer[], length: number): Uint8Array {
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    const rest = part.subarray(0, length - at);
    out.set(rest, at);
    at += rest.length;
  }
  return out;
}

/**
 * One deflate stream out of blocks that were deflated side by side, each knowing the 32 KiB before it, as pigz does: any
 * inflater reads it, and its size does not depend on the number of threads.
 */
async function blocks(
  bytes: Uint8Array,
  { signal }: { readonly signal?: AbortSignal },
): Promise<readonly Uint8Array[]> {
  const starts: number[] = [0];
  for (let start = BLOCK; start < bytes.length; start += BLOCK) starts.push(start);
  const packed = new Array<Uint8Array>(starts.length);
  let next = 0;
  const worker = async () => {
    while (next < starts.length) {
      throwIfAborted(signal);
      const n = next++;
      packed[n] = await deflateBlock(bytes, starts[n]!);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  throwIfAborted(signal);
  return packed;
}

function deflateBlock(bytes: Uint8Array, start: number): Promise<Uint8Array> {
  const end = start + BLOCK;
  return deflate(bytes.subarray(start, end), {
    level: LEVEL,
    chunkSize: BLOCK, // packed data is shorter, so that it comes in one piece
    ...(start > 0 ? { dictionary: bytes.subarray(start - WINDOW, start) } : {}),
    finishFlush: end < bytes.length ? zlib.constants.Z_SYNC_FLUSH : zlib.constants.Z_FINISH,
  });
}

/** RFC 1952: deflate, no flags, no time, "fastest", system unknown; at the end CRC-32 and size modulo 2^32. */
function member(packed: readonly Uint8Array[], crc: number, size: number): Uint8Array {
  const end = new Uint8Array(8);
  const view = new DataView(end.buffer);
  view.setUint32(0, crc, true);
  view.setUint32(4, size % 2 ** 32, true);
  return joinBytes([Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255), ...packed, end]);
}

/** RFC 1950: deflate with a window of 32 KiB, "fastest"; at the end Adler-32. */
function stream(packed: readonly Uint8Array[], adler: number): Uint8Array {
  const end = new Uint8Array(4);
  new DataView(end.buffer).setUint32(0, adler);
  return joinBytes([Uint8Array.of(0x78, 0x01), ...packed, end]);
}

/** The checksum of a zlib stream. Sums of 3800 bytes can't leave 31 bits, so the remainder is taken that often only. */
function adler32(bytes: Uint8Array): number {
  let [a, b] = [1, 0];
  for (let start = 0; start < bytes.length; start += 3800) {
    const end = Math.min(start + 3800, bytes.length);
    for (let i = start; i < end; i++) {
      a += bytes[i]!;
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return b * 65536 + a;
}

/** CRC-32. Node before 20.15 has none of its own, but writes it behind what it packs, or only stores. */
function checksum(bytes: Uint8Array): number {
  if (zlib.crc32 as typeof zlib.crc32 | undefined) return zlib.crc32(bytes);
  const stored = zlib.gzipSync(bytes, { level: 0 });
  return stored.readUInt32LE(stored.length - 8);
}
