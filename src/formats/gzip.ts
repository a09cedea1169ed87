import { MidashError, throwIfAborted } from "../errors/index.ts";

/**
 * How much is fed to the engine at a time. A gzip bomb grows 1032-fold, and an engine may inflate one piece whole
 * before the reader sees any of it; 64 KiB bounds that to 66 MB.
 */
const PIECE = 1 << 16;

/** Deflate cannot do better than 1032:1 (a 258-byte match in 2 bits), so fewer bytes can't hold more than this. */
export const MAX_GZIP_RATIO = 1032;

/** By magic number, not by name: files called .nii are often gzipped and the other way round. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** Options of {@link gunzip}. */
export interface GunzipOptions {
  /** Stop when so many bytes have come out. The stream's checksum is verified only when it ends before that. */
  readonly limit: number;
  /** The file, for messages. */
  readonly where: string;
  readonly signal?: AbortSignal;
}

/**
 * Inflates at most `limit` bytes; the result is shorter when the stream ends sooner.
 *
 * Files of several gzip members work where the engine's `DecompressionStream` joins them (Node does, browsers
 * refuse them as damaged).
 *
 * @throws MidashError `invalid-file` when the stream is truncated or damaged, `limit` when memory does not suffice
 */
export async function gunzip(bytes: Uint8Array, options: GunzipOptions): Promise<Uint8Array> {
  const { limit, where, signal } = options;
  const out = allocate(limit, where);
  const reader = pieces(bytes).pipeThrough(new DecompressionStream("gzip")).getReader();
  let length = 0;
  try {
    while (length < limit) {
      throwIfAborted(signal);
      const { done, value } = await reader.read();
      if (done) break;
      const part = value.subarray(0, limit - length);
      out.set(part, length);
      length += part.length;
    }
  } catch (cause) {
    if (MidashError.is(cause)) throw cause;
    throw new MidashError("invalid-file", `its gzip data is truncated or damaged after ${length} bytes`, {
      where,
      hint: "get the file again",
      cause,
    });
  } finally {
    await reader.cancel().catch(() => undefined);
  }
  return out.subarray(0, length);
}

/** Compresses with the engine's default level. The result carries no name and no time, so it is reproducible. */
export async function gzip(
  bytes: Uint8Array,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Uint8Array> {
  const reader = pieces(bytes).pipeThrough(new CompressionStream("gzip")).getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      throwIfAborted(options.signal);
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
      length += value.length;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
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

function pieces(bytes: Uint8Array): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + PIECE));
      at += PIECE;
    },
  });
}
