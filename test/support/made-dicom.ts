import { joinBytes } from "../../src/base/bytes/index.ts";
import { type Attribute, encodeFile } from "../../src/imaging/formats/dicom/dataset-writer.ts";

/** Elements of a made-up slice by their tag, over those of {@link madeSlice}; null leaves one out. */
export type Changes = Readonly<Record<number, Attribute["value"] | null>>;

const ROOT = "1.2.826.0.1.3680043.8.498";
const CT = "1.2.840.10008.5.1.4.1.1.2";
/** Columns and rows. */
const MADE_SIZE = [10, 8] as const;

/** Value representations of the tags that tests change. */
const VRS: Readonly<Record<number, Attribute["vr"]>> = {
  524293: "CS",
  524296: "CS",
  524310: "UI",
  524312: "UI",
  524338: "TM",
  524339: "TM",
  524384: "CS",
  528446: "LO",
  1048608: "LO",
  1572944: "DS",
  1572993: "DS",
  1577056: "DS",
  2097165: "UI",
  2097166: "UI",
  2097169: "IS",
  2097170: "IS",
  2097171: "IS",
  2097202: "DS",
  2097207: "DS",
  2097234: "UI",
  2621442: "US",
  2621444: "CS",
  2621456: "US",
  2621457: "US",
  2621488: "DS",
  2621696: "US",
  2621697: "US",
  2621698: "US",
  2621699: "US",
  2625618: "DS",
  2625619: "DS",
  2145386512: "OW",
};

/** Slice k of a CT of 10 × 8 voxels, 2 mm apart, whose voxel (i, j, k) is 100 k + 10 j + i + `more`: explicit little endian, with preamble. */
export function madeSlice(k: number, changes: Changes = {}, more = 0): Uint8Array {
  const [nx, ny] = MADE_SIZE;
  const pixels = Int16Array.from(
    { length: nx * ny },
    (_, v) => 100 * k + 10 * Math.floor(v / nx) + (v % nx) + more,
  );
  const instance = (changes[0x00080018] as string | undefined) ?? `${ROOT}.9.1.${k + 1}`;
  const values: Record<number, Attribute["value"] | null> = {
    524296: "ORIGINAL\\PRIMARY\\AXIAL",
    524310: CT,
    524312: instance,
    524384: "CT",
    528446: "made up",
    1048608: "X",
    1572944: "2",
    2097165: `${ROOT}.1`,
    2097166: `${ROOT}.2.1`,
    2097169: "1",
    2097171: String(k + 1),
    2097202: `-10\\-20\\${30 + 2 * k}`,
    2097207: "1\\0\\0\\0\\1\\0",
    2097234: `${ROOT}.3`,
    2621442: 1,
    2621444: "MONOCHROME2",
    2621456: ny,
    2621457: nx,
    2621488: "0.75\\0.5",
    2621696: 16,
    2621697: 16,
    2621698: 15,
    2621699: 1,
    2625618: "0",
    2625619: "1",
    2145386512: new Uint8Array(pixels.buffer),
    ...changes,
  };
  const attributes = Object.entries(values).flatMap(([tag, value]): Attribute[] =>
    value === null ? [] : [{ tag: Number(tag), vr: VRS[Number(tag)]!, value }],
  );
  return encodeFile(
    { classUid: (values[0x00080016] as string | null) ?? CT, instanceUid: instance },
    attributes,
  );
}

/** A series of such slices as files in memory. */
export function madeSeries(
  count: number,
  { name = (k) => `IM${k}.dcm`, changes = () => ({}), more = 0 }: MadeSeriesOptions = {},
): { name: string; bytes: Uint8Array }[] {
  return Array.from({ length: count }, (_, k) => ({ name: name(k), bytes: madeSlice(k, changes(k), more) }));
}

interface MadeSeriesOptions {
  readonly name?: (k: number) => string;
  readonly changes?: (k: number) => Changes;
  readonly more?: number;
}

/** Where group 2 ends in a file with preamble. */
function metaEnd(bytes: Uint8Array): number {
  return 144 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(140, true);
}

/** The data set alone: no preamble, no mark, no group 2. */
export function bare(bytes: Uint8Array): Uint8Array {
  return bytes.slice(metaEnd(bytes));
}

/** A file whose group 2 says nothing but its version. */
export function withoutSyntax(bytes: Uint8Array, dataSet = bare(bytes)): Uint8Array {
  const version = bytes.slice(144, 144 + 14); // (0002,0001) OB of 2 bytes
  const out = joinBytes([bytes.slice(0, 144), version, dataSet]);
  new DataView(out.buffer).setUint32(140, version.length, true);
  return out;
}

const LONG = /^(OB|OW|SQ)$/;

/** A bare data set of explicit little endian in another encoding; without sequences. */
export function encoded(dataSet: Uint8Array, as: "implicit" | "explicit-big"): Uint8Array {
  const view = new DataView(dataSet.buffer, dataSet.byteOffset, dataSet.byteLength);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < dataSet.length; ) {
    const vr = String.fromCharCode(dataSet[at + 4]!, dataSet[at + 5]!);
    const long = LONG.test(vr);
    const length = long ? view.getUint32(at + 8, true) : view.getUint16(at + 6, true);
    const start = at + (long ? 12 : 8);
    const little = as === "implicit";
    const head = new DataView(new ArrayBuffer(little || !long ? 8 : 12));
    head.setUint16(0, view.getUint16(at, true), little);
    head.setUint16(2, view.getUint16(at + 2, true), little);
    const value = dataSet.slice(start, start + length);
    if (little) head.setUint32(4, length, true);
    else {
      head.setUint8(4, vr.charCodeAt(0));
      head.setUint8(5, vr.charCodeAt(1));
      if (long) head.setUint32(8, length);
      else head.setUint16(6, length);
      if (vr === "US" || vr === "OW")
        for (let i = 0; i < length; i += 2) [value[i], value[i + 1]] = [value[i + 1]!, value[i]!];
    }
    parts.push(new Uint8Array(head.buffer), value);
    at = start + length;
  }
  return joinBytes(parts);
}
