import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { fileError } from "../files.ts";

/** Bytes read at a time. */
const PIECE = 1 << 20;

/** The SHA-256 of a file, in hex, read piece by piece. @throws MidashError `not-found` or `io` */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    for await (const piece of createReadStream(path, { highWaterMark: PIECE })) hash.update(piece as Buffer);
  } catch (cause) {
    throw fileError(cause, path, "read");
  }
  return hash.digest("hex");
}
