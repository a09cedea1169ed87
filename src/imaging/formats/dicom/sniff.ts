/** Byte offset of the mark "DICM" behind the preamble. */
export const MARK = 128;

/** How a data set that begins at a place is written. */
export type Encoding = "explicit" | "implicit" | "explicit-big";

/** "DICM" behind a preamble of 128 bytes, or without that the data set itself, as planning systems and old archives write it. */
export function isDicom(head: Uint8Array): boolean {
  return hasMark(head, MARK) || hasMark(head, 0) || bareEncoding(head) !== undefined;
}

export function hasMark(head: Uint8Array, at: number): boolean {
  return head[at] === 0x44 && head[at + 1] === 0x49 && head[at + 2] === 0x43 && head[at + 3] === 0x4d;
}

/**
 * Of a file that begins with its data set: how that is written. Two elements in a row, of group 2 or 8, have to make sense: nothing else in the file says
 * what it is.
 */
export function bareEncoding(head: Uint8Array): Encoding | undefined {
  const first = elementAt(head, 0);
  if (!first || (first.group !== 2 && first.group !== 8) || first.element > 0x1000) return undefined;
  const second = elementAt(head, first.next, first.encoding);
  if (!second || second.group < first.group || second.group > 0x10) return undefined;
  return second.group > first.group || second.element > first.element ? first.encoding : undefined;
}

/** How the data set that begins at `at` is written. `undefined` where none does. */
export function encodingAt(bytes: Uint8Array, at: number): Encoding | undefined {
  return elementAt(bytes, at)?.encoding;
}

/** Value representations with 4 bytes of length behind 2 unused ones. */
const LONG = /^(OB|OD|OF|OL|OV|OW|SQ|SV|UC|UN|UR|UT|UV)$/;
const SHORT = /^(AE|AS|AT|CS|DA|DS|DT|FD|FL|IS|LO|LT|PN|SH|SL|SS|ST|TM|UI|UL|US)$/;
/** Nothing that comes first in a data set is longer. */
const LONGEST = 1 << 16;

interface ElementHead {
  readonly group: number;
  readonly element: number;
  readonly encoding: Encoding;
  /** Where the next one begins. */
  readonly next: number;
}

function elementAt(bytes: Uint8Array, at: number, as?: Encoding): ElementHead | undefined {
  if (at + 8 > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const vr = String.fromCharCode(bytes[at + 4]!, bytes[at + 5]!);
  const long = LONG.test(vr);
  const explicit = long || SHORT.test(vr);
  if (as !== undefined && explicit !== (as !== "implicit")) return undefined;
  const little = as === undefined ? view.getUint16(at, true) <= 0xff || !explicit : as !== "explicit-big";
  const encoding = explicit ? (little ? "explicit" : "explicit-big") : "implicit";
  if (long && at + 12 > bytes.length) return undefined;
  const length = !explicit
    ? view.getUint32(at + 4, true)
    : long
      ? view.getUint32(at + 8, little)
      : view.getUint16(at + 6, little);
  if (length > LONGEST) return undefined;
  return {
    group: view.getUint16(at, little),
    element: view.getUint16(at + 2, little),
    encoding,
    next: at + (long ? 12 : 8) + length,
  };
}
