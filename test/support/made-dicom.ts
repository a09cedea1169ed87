import { joinBytes } from "../../src/base/bytes/index.ts";
import { type Attribute, encodeFile } from "../../src/imaging/formats/dicom/dataset-writer.ts";

/** Elements of a made-up slice by their keyword, over those of {@link madeSlice}; null leaves one out. */
export type Changes = { readonly [Name in keyof typeof ELEMENTS]?: Attribute["value"] | null };

const ROOT = "1.2.826.0.1.3680043.8.498";
const CT = "1.2.840.10008.5.1.4.1.1.2";
/** Columns and rows. */
const MADE_SIZE = [10, 8] as const;

/** Elements that tests change, by keyword; of Siemens, private ones. */
const ELEMENTS = {
  SpecificCharacterSet: [0x00080005, "CS"],
  ImageType: [0x00080008, "CS"],
  SOPClassUID: [0x00080016, "UI"],
  SOPInstanceUID: [0x00080018, "UI"],
  AcquisitionTime: [0x00080032, "TM"],
  ContentTime: [0x00080033, "TM"],
  Modality: [0x00080060, "CS"],
  SeriesDescription: [0x0008103e, "LO"],
  PatientID: [0x00100020, "LO"],
  BodyPartExamined: [0x00180015, "CS"],
  SliceThickness: [0x00180050, "DS"],
  EchoTime: [0x00180081, "DS"],
  SpacingBetweenSlices: [0x00180088, "DS"],
  TriggerTime: [0x00181060, "DS"],
  PatientPosition: [0x00185100, "CS"],
  SiemensMrCreator: [0x00190010, "LO"],
  SiemensMosaicCount: [0x0019100a, "US"],
  StudyInstanceUID: [0x0020000d, "UI"],
  SeriesInstanceUID: [0x0020000e, "UI"],
  SeriesNumber: [0x00200011, "IS"],
  AcquisitionNumber: [0x00200012, "IS"],
  InstanceNumber: [0x00200013, "IS"],
  ImagePositionPatient: [0x00200032, "DS"],
  ImageOrientationPatient: [0x00200037, "DS"],
  FrameOfReferenceUID: [0x00200052, "UI"],
  SamplesPerPixel: [0x00280002, "US"],
  PhotometricInterpretation: [0x00280004, "CS"],
  Rows: [0x00280010, "US"],
  Columns: [0x00280011, "US"],
  PixelSpacing: [0x00280030, "DS"],
  BitsAllocated: [0x00280100, "US"],
  BitsStored: [0x00280101, "US"],
  HighBit: [0x00280102, "US"],
  PixelRepresentation: [0x00280103, "US"],
  RescaleIntercept: [0x00281052, "DS"],
  RescaleSlope: [0x00281053, "DS"],
  SiemensCsaCreator: [0x00290010, "LO"],
  SiemensCsaHeader: [0x00291010, "OB"],
  PixelData: [0x7fe00010, "OW"],
} as const satisfies Record<string, readonly [tag: number, vr: Attribute["vr"]]>;

/** Slice k of a CT of 10 × 8 voxels, 2 mm apart, whose voxel (i, j, k) is 100 k + 10 j + i + `more`: explicit little endian, with preamble. */
export function madeSlice(k: number, changes: Changes = {}, more = 0): Uint8Array {
  const [nx, ny] = MADE_SIZE;
  const pixels = Int16Array.from(
    { length: nx * ny },
    (_, v) => 100 * k + 10 * Math.floor(v / nx) + (v % nx) + more,
  );
  const instance = (changes.SOPInstanceUID as string | undefined) ?? `${ROOT}.9.1.${k + 1}`;
  const values: Changes = {
    ImageType: "ORIGINAL\\PRIMARY\\AXIAL",
    SOPClassUID: CT,
    SOPInstanceUID: instance,
    Modality: "CT",
    SeriesDescription: "made up",
    PatientID: "X",
    SliceThickness: "2",
    PatientPosition: "HFS",
    StudyInstanceUID: `${ROOT}.1`,
    SeriesInstanceUID: `${ROOT}.2.1`,
    SeriesNumber: "1",
    InstanceNumber: String(k + 1),
    ImagePositionPatient: `-10\\-20\\${30 + 2 * k}`,
    ImageOrientationPatient: "1\\0\\0\\0\\1\\0",
    FrameOfReferenceUID: `${ROOT}.3`,
    SamplesPerPixel: 1,
    PhotometricInterpretation: "MONOCHROME2",
    Rows: ny,
    Columns: nx,
    PixelSpacing: "0.75\\0.5",
    BitsAllocated: 16,
    BitsStored: 16,
    HighBit: 15,
    PixelRepresentation: 1,
    RescaleIntercept: "0",
    RescaleSlope: "1",
    PixelData: new Uint8Array(pixels.buffer),
    ...changes,
  };
  const attributes = Object.entries(values).flatMap(([name, value]): Attribute[] => {
    const [tag, vr] = ELEMENTS[name as keyof typeof ELEMENTS];
    return value === null || value === undefined ? [] : [{ tag, vr, value }];
  });
  return encodeFile(
    { classUid: (values.SOPClassUID as string | null) ?? CT, instanceUid: instance },
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

/** A CSA header of Siemens, of the kind "SV10": tags with lists of texts. */
export function csaHeader(tags: Readonly<Record<string, readonly string[]>>): Uint8Array {
  const parts = [
    new TextEncoder().encode("SV10\u0004\u0003\u0002\u0001"),
    int32(Object.keys(tags).length, 77),
  ];
  for (const [name, values] of Object.entries(tags)) {
    parts.push(padded(name, 64), int32(values.length), padded("IS", 4), int32(6, values.length, 77));
    for (const value of values) {
      const length = value.length + 1;
      parts.push(int32(length, length, 77, length), padded(value, Math.ceil(length / 4) * 4));
    }
  }
  return joinBytes(parts);
}

function int32(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(values).buffer);
}

function padded(text: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(new TextEncoder().encode(text));
  return bytes;
}
