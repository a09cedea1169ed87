import { MidashError } from "../../../base/errors/index.ts";
import type { Volume } from "../../volume/index.ts";
import { marksText } from "../marks.ts";

/** TR, flip angle, TE, TI and field of view, float32 each, stand between the voxels and the tags. */
const PARAMETERS = 20;
/** The tag that holds a line of text: a command of the file's history. */
const COMMAND = 3;
/** Tags whose length is an int32, or 0 without being said (FreeSurfer's tags.c). */
const SHORT_LENGTH = 30;
const NO_LENGTH: readonly number[] = [1, 2, 20, 21];
/** Most bytes after the voxels that are looked at. */
export const MOST_FOOTER = 2 ** 20;

/**
 * The line of marks that this library left in a tag after the voxels: FreeSurfer keeps lines of text there, too.
 *
 * @param bytes what follows the voxels
 * @throws MidashError `invalid-file` when a line of text ends before it should
 */
export function readFooter(bytes: Uint8Array, where: string): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = PARAMETERS; at + 12 <= bytes.length; ) {
    const tag = view.getInt32(at);
    if (NO_LENGTH.includes(tag) || tag === 0) break; // what follows has a layout of its own
    const length = tag === SHORT_LENGTH ? view.getInt32(at + 4) : Number(view.getBigInt64(at + 4));
    const begin = at + (tag === SHORT_LENGTH ? 8 : 12);
    if (length < 0) break;
    if (begin + length > bytes.length) {
      if (tag !== COMMAND || bytes.length >= MOST_FOOTER) break;
      throw new MidashError("invalid-file", `truncated: a tag after its voxels claims ${length} bytes`, {
        where,
        hint: "get the file again",
      });
    }
    if (tag === COMMAND) {
      const text = new TextDecoder().decode(bytes.subarray(begin, begin + length)).replace(/\0+$/, "");
      if (text.startsWith("midash")) return text;
    }
    at = begin + length;
  }
  return undefined;
}

/** Parameters of 0, which means unknown, and the marks; nothing when there are none. */
export function footerOf(volume: Volume): Uint8Array {
  const text = marksText(volume);
  if (text === "midash") return new Uint8Array(0);
  const line = new TextEncoder().encode(`${text}\0`);
  const out = new Uint8Array(PARAMETERS + 12 + line.length);
  const view = new DataView(out.buffer);
  view.setInt32(PARAMETERS, COMMAND);
  view.setBigInt64(PARAMETERS + 4, BigInt(line.length));
  out.set(line, PARAMETERS + 12);
  return out;
}
