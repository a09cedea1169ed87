import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { open, stat } from "node:fs/promises";
import { fail, MidashError, throwIfAborted } from "../../base/errors/index.ts";
import {
  headerLength,
  type OpenShard,
  parseHeader,
  SHARD_END,
  SHARD_START,
  type ShardHeader,
  type ShardMemory,
  ShardReader,
} from "../../road/data/index.ts";
import { fileError, readFileHead } from "./files.ts";

/** Bytes that are hashed at a time. */
const PIECE = 1 << 22;

/** A shard's bytes with their SHA-256 in the end that `encodeShard` left free. */
export function sealShard(bytes: Uint8Array): { readonly bytes: Uint8Array; readonly sha256: string } {
  const digest = createHash("sha256").update(bytes.subarray(0, -SHARD_END)).digest();
  bytes.set(digest, bytes.length - SHARD_END);
  return { bytes, sha256: digest.toString("hex") };
}

/** Compares a shard's checksum, without holding the shard. @throws MidashError `invalid-file`, `not-found`, `io`, `aborted` */
export async function checkShard(path: string, sha256: string, signal?: AbortSignal): Promise<void> {
  const hash = createHash("sha256");
  const piece = Buffer.allocUnsafeSlow(PIECE);
  const handle = await open(path).catch((cause) => {
    throw fileError(cause, path, "read");
  });
  try {
    let left = (await handle.stat()).size - SHARD_END;
    while (left > 0) {
      throwIfAborted(signal);
      const { bytesRead } = await handle.read(piece, 0, Math.min(PIECE, left), null);
      if (bytesRead === 0) damaged(path);
      hash.update(piece.subarray(0, bytesRead));
      left -= bytesRead;
    }
  } catch (cause) {
    throw MidashError.is(cause) ? cause : fileError(cause, path, "read");
  } finally {
    await handle.close();
  }
  if (hash.digest("hex") !== sha256) damaged(path);
}

/** What a shard says of itself, its checksum (not compared) and its size. @throws MidashError `invalid-file`, `not-found`, `io` */
export async function describeShard(
  path: string,
): Promise<{ readonly header: ShardHeader; readonly sha256: string; readonly bytes: number }> {
  const length = headerLength(await readFileHead(path, SHARD_START), path);
  const head = await readFileHead(path, SHARD_START + length);
  const header = parseHeader(head.subarray(SHARD_START), path);
  const { size } = await stat(path);
  const end = Buffer.alloc(SHARD_END);
  const handle = await open(path);
  try {
    await handle.read(end, 0, SHARD_END, size - SHARD_END);
  } finally {
    await handle.close();
  }
  return { header, sha256: end.toString("hex"), bytes: size };
}

/** Opens a shard to read boxes of it, at once and without its checksum. @throws MidashError `not-found`, `io`, `invalid-file` */
export function openShard(path: string, memory: ShardMemory): OpenShard {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (cause) {
    throw fileError(cause, path, "read");
  }
  const read = (at: number, into: Uint8Array) => {
    for (let done = 0; done < into.length; ) {
      let count: number;
      try {
        count = readSync(file, into, done, into.length - done, at + done);
      } catch (cause) {
        throw fileError(cause, path, "read");
      }
      if (count === 0) damaged(path);
      done += count;
    }
  };
  try {
    const start = new Uint8Array(SHARD_START);
    read(0, start);
    const json = new Uint8Array(headerLength(start, path));
    read(SHARD_START, json);
    const first = SHARD_START + json.length;
    const reader = new ShardReader(parseHeader(json, path), (at, into) => read(first + at, into), memory);
    return {
      header: reader.header,
      box: (box, images) => reader.box(box, images),
      cut: (window, images, room) => reader.cut(window, images, room),
      learnt: () => reader.learnt(),
      foreground: () => reader.foreground(),
      prepared: (images) => reader.prepared(images),
      close: () => closeSync(file),
    };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function damaged(path: string): never {
  return fail(
    "invalid-file",
    "its checksum is not the one in the index: the shard is damaged, or of another run",
    {
      where: path,
      hint: "remove it and prepare the case again",
    },
  );
}
