import { joinBytes } from "../../../base/bytes/index.ts";
import { MidashError, throwIfAborted } from "../../../base/errors/index.ts";
import { pieces } from "../pieces.ts";

/** Fed to the engine at a time: it may inflate one piece whole, 1032-fold, before we see any of it. */
const PIECE = 1 << 15;

/**
 * Inflates a whole stream, growing as it comes: unlike `gunzip` the length is not known beforehand.
 *
 * @throws MidashError `invalid-file` when it is damaged or truncated, `limit` above `limit` bytes
 */
export async function inflate(
  bytes: Uint8Array,
  kind: "gzip" | "deflate-raw",
  options: { readonly limit: number; readonly where: string; readonly signal?: AbortSignal },
): Promise<Uint8Array> {
  const { limit, where, signal } = options;
  const reader = pieces(bytes, PIECE).pipeThrough(new DecompressionStream(kind)).getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      throwIfAborted(signal);
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > limit)
        throw new MidashError("limit", `inflates to more than ${limit} bytes`, {
          where,
          hint: [["raise ", { option: "limits.maxVoxels" }, " if the file is trusted"]],
        });
      parts.push(value);
    }
  } catch (cause) {
    if (MidashError.is(cause)) throw cause;
    throw new MidashError("invalid-file", `its deflated data is truncated or damaged after ${length} bytes`, {
      where,
      hint: "get the file again",
      cause,
    });
  } finally {
    await reader.cancel().catch(() => undefined);
  }
  return joinBytes(parts);
}
