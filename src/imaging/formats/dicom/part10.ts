import { joinBytes } from "../../../base/bytes/index.ts";
import { bareEncoding, type Encoding, encodingAt, hasMark, MARK } from "./sniff.ts";

const SYNTAXES: Readonly<Record<Encoding, string>> = {
  implicit: "1.2.840.10008.1.2",
  explicit: "1.2.840.10008.1.2.1",
  "explicit-big": "1.2.840.10008.1.2.2",
};

/**
 * A file in the form of PS3.10: what it lacks of preamble, mark and transfer syntax is put before its data set, with the syntax that the data set is seen to be
 * written in. A whole file is returned as it is.
 *
 * @returns undefined for what is no DICOM, or ends too early: {@link whyNotPart10} says which
 */
export function asPart10(bytes: Uint8Array): Uint8Array | undefined {
  const meta = metaStart(bytes);
  if (meta === undefined) {
    const encoding = bareEncoding(bytes);
    return encoding && withHeader([], encoding, bytes);
  }
  const { end, elements } = metaElements(bytes, meta);
  if (bytes.length - end < ELEMENT_HEAD) return undefined;
  const whole = elements.some(({ element }) => element === TRANSFER_SYNTAX);
  if (whole) return meta === MARK + 4 ? bytes : joinBytes([preamble(), bytes.subarray(meta)]);
  const encoding = encodingAt(bytes, end);
  if (!encoding) return undefined;
  const kept = elements.filter(({ element }) => element !== GROUP_LENGTH).map((found) => found.bytes);
  return withHeader(kept, encoding, bytes.subarray(end));
}

/** What is wrong with bytes of which {@link asPart10} makes nothing. */
export function whyNotPart10(bytes: Uint8Array): string {
  const meta = metaStart(bytes);
  if (meta === undefined) return "no DICOM file: neither the mark DICM at byte 128 nor a data set at byte 0";
  const left = bytes.length - metaElements(bytes, meta).end;
  return left < ELEMENT_HEAD
    ? `the file ends within its header, after ${bytes.length} bytes`
    : "no data set follows the header of the file";
}

/** The transfer syntax that a file in that form states. */
export function transferSyntax(bytes: Uint8Array): string | undefined {
  const { elements } = metaElements(bytes, MARK + 4);
  const value = elements.find(({ element }) => element === TRANSFER_SYNTAX)?.bytes.subarray(8);
  return value && String.fromCharCode(...value.subarray(0, 64)).replace(/[\0 ]+$/, "");
}

/** Bytes before the value of an element, at most: a data set has more. */
const ELEMENT_HEAD = 12;
const GROUP_LENGTH = 0;
const TRANSFER_SYNTAX = 0x10;

/** Where group 2 begins. */
function metaStart(bytes: Uint8Array): number | undefined {
  if (hasMark(bytes, MARK)) return MARK + 4;
  if (hasMark(bytes, 0)) return 4;
  return bytes[0] === 2 && bytes[1] === 0 && bareEncoding(bytes) ? 0 : undefined;
}

interface MetaElement {
  readonly element: number;
  readonly bytes: Uint8Array;
}

/** Group 2 is explicit little endian whatever follows (PS3.10, 7.1). An element that the file cuts off is none. */
function metaElements(
  bytes: Uint8Array,
  start: number,
): { readonly end: number; readonly elements: readonly MetaElement[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const elements: MetaElement[] = [];
  let at = start;
  while (at + 8 <= bytes.length && view.getUint16(at, true) === 2) {
    const vr = String.fromCharCode(bytes[at + 4]!, bytes[at + 5]!);
    const long = vr === "OB" || vr === "UN" || vr === "OW";
    if (long && at + 12 > bytes.length) break;
    const next = at + (long ? 12 + view.getUint32(at + 8, true) : 8 + view.getUint16(at + 6, true));
    if (next <= bytes.length)
      elements.push({ element: view.getUint16(at + 2, true), bytes: bytes.subarray(at, next) });
    at = next;
  }
  return { end: Math.min(at, bytes.length), elements };
}

function withHeader(kept: readonly Uint8Array[], encoding: Encoding, dataSet: Uint8Array): Uint8Array {
  const value = SYNTAXES[encoding];
  const uid = new Uint8Array(8 + value.length + (value.length % 2));
  uid.set([2, 0, TRANSFER_SYNTAX, 0, 0x55, 0x49, uid.length - 8, 0]);
  uid.set(new TextEncoder().encode(value), 8);
  const before = kept.filter((bytes) => bytes[2]! < TRANSFER_SYNTAX || bytes[3] !== 0);
  const meta = joinBytes([...before, uid, ...kept.filter((bytes) => !before.includes(bytes))]);
  const length = new Uint8Array([2, 0, 0, 0, 0x55, 0x4c, 4, 0, 0, 0, 0, 0]);
  new DataView(length.buffer).setUint32(8, meta.length, true);
  return joinBytes([preamble(), length, meta, dataSet]);
}

function preamble(): Uint8Array {
  const bytes = new Uint8Array(MARK + 4);
  bytes.set([0x44, 0x49, 0x43, 0x4d], MARK);
  return bytes;
}
