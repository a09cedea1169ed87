import { joinBytes } from "../../../base/bytes/index.ts";
import { MidashError } from "../../../base/errors/index.ts";

/** Value representations that are written. */
export type Vr =
  | "CS"
  | "DA"
  | "DS"
  | "IS"
  | "LO"
  | "LT"
  | "OB"
  | "OW"
  | "PN"
  | "SH"
  | "SQ"
  | "SS"
  | "ST"
  | "TM"
  | "UI"
  | "UL"
  | "US"
  | "AS";

/** A data element: text (several values joined by backslashes), numbers, bytes as they are, or the items of a sequence. */
export interface Attribute {
  /** 0xGGGGEEEE */
  readonly tag: number;
  readonly vr: Vr;
  readonly value: string | number | Uint8Array | readonly (readonly Attribute[])[];
}

/** VRs whose length takes four bytes, behind two reserved ones (PS3.5, 7.1.2). */
const LONG: ReadonlySet<Vr> = new Set(["OB", "OW", "SQ"]);
const EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1";
/** Names the program that wrote a file, in its meta information. */
const IMPLEMENTATION_UID = "2.25.245190419376696136122625663479596331711";

/** Explicit VR little endian, elements in the order of their tags. */
function encodeDataSet(attributes: readonly Attribute[]): Uint8Array {
  const sorted = [...attributes].sort((a, b) => a.tag - b.tag);
  return joinBytes(sorted.flatMap(encodeElement));
}

/** A DICOM file (PS3.10): preamble, meta information and data set. */
export function encodeFile(
  sop: { readonly classUid: string; readonly instanceUid: string },
  attributes: readonly Attribute[],
): Uint8Array {
  const meta = encodeDataSet([
    { tag: 0x00020001, vr: "OB", value: Uint8Array.of(0, 1) },
    { tag: 0x00020002, vr: "UI", value: sop.classUid },
    { tag: 0x00020003, vr: "UI", value: sop.instanceUid },
    { tag: 0x00020010, vr: "UI", value: EXPLICIT_LITTLE_ENDIAN },
    { tag: 0x00020012, vr: "UI", value: IMPLEMENTATION_UID },
    { tag: 0x00020013, vr: "SH", value: "MIDASH" },
  ]);
  const length = encodeDataSet([{ tag: 0x00020000, vr: "UL", value: meta.length }]);
  const mark = new Uint8Array(132);
  mark.set([0x44, 0x49, 0x43, 0x4d], 128);
  return joinBytes([mark, length, meta, encodeDataSet(attributes)]);
}

function encodeElement(attribute: Attribute): Uint8Array[] {
  const { tag, vr } = attribute;
  const value = encodeValue(attribute);
  const long = LONG.has(vr);
  const head = new DataView(new ArrayBuffer(long ? 12 : 8));
  head.setUint16(0, tag >>> 16, true);
  head.setUint16(2, tag & 0xffff, true);
  head.setUint8(4, vr.charCodeAt(0));
  head.setUint8(5, vr.charCodeAt(1));
  if (long) head.setUint32(8, value.length, true);
  else if (value.length <= 0xfffe) head.setUint16(6, value.length, true);
  else throw new MidashError("internal", `a value of ${value.length} bytes for VR ${vr}`);
  return [new Uint8Array(head.buffer), value];
}

function encodeValue({ vr, value }: Attribute): Uint8Array {
  if (typeof value === "number") {
    const view = new DataView(new ArrayBuffer(vr === "UL" ? 4 : 2));
    if (vr === "UL") view.setUint32(0, value, true);
    else if (vr === "SS") view.setInt16(0, value, true);
    else view.setUint16(0, value, true);
    return new Uint8Array(view.buffer);
  }
  if (typeof value === "string") return even(new TextEncoder().encode(value), vr === "UI" ? 0 : 0x20);
  if (value instanceof Uint8Array) return even(value, vr === "UI" || vr === "OB" || vr === "OW" ? 0 : 0x20);
  return joinBytes(
    value.map((item) => {
      const body = encodeDataSet(item);
      const head = new DataView(new ArrayBuffer(8));
      head.setUint16(0, 0xfffe, true);
      head.setUint16(2, 0xe000, true);
      head.setUint32(4, body.length, true);
      return joinBytes([new Uint8Array(head.buffer), body]);
    }),
  );
}

/** Values have an even length (PS3.5, 6.2). */
function even(bytes: Uint8Array, pad: number): Uint8Array {
  if (bytes.length % 2 === 0) return bytes;
  const out = new Uint8Array(bytes.length + 1).fill(pad);
  out.set(bytes);
  return out;
}
