import { open } from "node:fs/promises";
import { MidashError, throwIfAborted } from "../../base/errors/index.ts";
import { fileError, isFile, readFileBytes } from "./files.ts";

/** Bytes read at a time. */
const PIECE = 1 << 22;
/** What Node reads at once, and so the most that {@link readFileBytes} takes. */
const MOST = 2 ** 31 - 1;

/** A file that is being read. */
export interface ArrivingFile {
  /** As many as the file has; what is not yet there holds anything. */
  readonly bytes: Uint8Array;
  /** Resolves when the first `end` bytes are there (of a shorter file: all). @throws MidashError `io`, `aborted` */
  readonly until: (end: number) => Promise<void>;
  /** Stops reading. Resolves when the file is closed. */
  close(): Promise<void>;
}

/**
 * Begins to read a file.
 *
 * @throws MidashError as {@link readFileBytes}
 */
export async function arrivingFile(
  path: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<ArrivingFile> {
  const { signal } = options;
  throwIfAborted(signal);
  const handle = (await isFile(path)) ? await open(path).catch(() => undefined) : undefined;
  const size = handle === undefined ? 0 : (await handle.stat()).size;
  // Empty and special files, those that are too large, and all that can't be opened: read, or refused, in one piece.
  if (handle === undefined || size <= PIECE || size > MOST) {
    await handle?.close();
    const bytes = await readFileBytes(path, options);
    return { bytes, until: async () => undefined, close: async () => undefined };
  }
  const bytes = new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
  let closed = false;
  const pieces: Promise<void>[] = [];
  const readPiece = async (at: number): Promise<void> => {
    const end = Math.min(at + PIECE, size);
    for (let from = at; from < end && !closed; ) {
      throwIfAborted(signal);
      const { bytesRead } = await handle.read(bytes, from, end - from, from).catch((cause) => {
        throw fileError(cause, path, "read");
      });
      if (bytesRead === 0)
        throw new MidashError("io", "became shorter while it was read", { where: path, hint: "try again" });
      from += bytesRead;
    }
  };
  let before: Promise<void> = Promise.resolve();
  for (let at = 0; at < size; at += PIECE) {
    before = before.then(() => readPiece(at));
    before.catch(() => undefined); // reported by `until`
    pieces.push(before);
  }
  const all = before.then(
    () => handle.close(),
    () => handle.close(),
  );
  return {
    bytes,
    until: async (end) => pieces[Math.min(pieces.length, Math.ceil(end / PIECE)) - 1],
    async close() {
      closed = true;
      await all;
    },
  };
}
