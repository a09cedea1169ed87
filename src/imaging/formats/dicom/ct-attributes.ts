import type { Triple } from "../../volume/index.ts";
import type { Attribute, Vr } from "./dataset-writer.ts";
import { codeOf } from "./patient.ts";

/** What all files of a series share. Directions are LPS+. */
export interface SeriesPart {
  readonly patient: readonly Attribute[];
  readonly classUid: string;
  readonly studyUid: string;
  readonly frameOfReferenceUid: string;
  readonly seriesUid: string;
  readonly seriesNumber: number;
  readonly seriesDescription: string;
  readonly derivation: string;
  readonly comments: string;
  /** `undefined`: leave dates out. */
  readonly date: Date | undefined;
  /** Columns and rows. */
  readonly size: readonly [number, number];
  /** Between columns, rows and slices, in mm. */
  readonly spacing: Triple;
  readonly row: Triple;
  readonly column: Triple;
  readonly source: {
    readonly seriesUid: string;
    readonly instances: readonly { readonly classUid: string; readonly instanceUid: string }[];
  };
}

/** What is a slice's own. */
export interface CtSlice {
  /** From 1. */
  readonly number: number;
  readonly instanceUid: string;
  /** Centre of the first pixel, LPS+ mm. */
  readonly position: Triple;
  /** Along the normal, in mm. */
  readonly height: number;
  /** int16, little endian. */
  readonly pixels: Uint8Array;
  /** The instances of the source that it was made of, by number. */
  readonly source: readonly number[];
}

/** All elements of types 1 and 2 of the CT Image IOD (PS3.3, A.3), and those that say what a synthetic CT is. */
export function ctAttributes(part: SeriesPart, slice: CtSlice): readonly Attribute[] {
  const { source, size, spacing, row, column, date } = part;
  const { instances } = source;
  const [day, time] = date ? [dayOf(date), timeOf(date)] : ["", ""];
  const reference = (n: number): readonly Attribute[] => [
    { tag: 0x00081150, vr: "UI", value: instances[n]!.classUid },
    { tag: 0x00081155, vr: "UI", value: instances[n]!.instanceUid },
  ];
  const dated: readonly Attribute[] = date
    ? [
        { tag: 0x00080012, vr: "DA", value: day }, // Instance Creation Date
        { tag: 0x00080013, vr: "TM", value: time },
        { tag: 0x00080021, vr: "DA", value: day }, // Series Date
        { tag: 0x00080031, vr: "TM", value: time },
        { tag: 0x00080023, vr: "DA", value: day }, // Content Date
        { tag: 0x00080033, vr: "TM", value: time },
      ]
    : [];
  const all: readonly (readonly [number, Vr, Attribute["value"]])[] = [
    [0x00080008, "CS", "DERIVED\\SECONDARY\\AXIAL"], // Image Type
    [0x00080016, "UI", part.classUid],
    [0x00080018, "UI", slice.instanceUid],
    [0x00080060, "CS", "CT"],
    [0x00080070, "LO", "miDASH"], // Manufacturer
    [0x0008103e, "LO", part.seriesDescription],
    [0x00081090, "LO", "@midash/core"], // Manufacturer's Model Name
    [0x00082111, "ST", part.derivation],
    [
      0x00081115, // Referenced Series Sequence
      "SQ",
      [
        [
          { tag: 0x0020000e, vr: "UI", value: source.seriesUid },
          { tag: 0x0008114a, vr: "SQ", value: instances.map((_, n) => reference(n)) },
        ],
      ],
    ],
    [
      0x00082112, // Source Image Sequence
      "SQ",
      slice.source.map((n) => [
        ...reference(n),
        { tag: 0x0028135a, vr: "CS", value: "YES" }, // Spatial Locations Preserved
        {
          tag: 0x0040a170,
          vr: "SQ",
          value: [codeOf("121322", "Source image for image processing operation")],
        },
      ]),
    ],
    [0x00180050, "DS", length(spacing[2])], // Slice Thickness
    [0x00180060, "DS", ""], // KVP: nothing was exposed
    [0x00180088, "DS", length(spacing[2])], // Spacing Between Slices
    [0x0020000d, "UI", part.studyUid],
    [0x0020000e, "UI", part.seriesUid],
    [0x00200011, "IS", String(part.seriesNumber)],
    [0x00200012, "IS", ""], // Acquisition Number
    [0x00200013, "IS", String(slice.number)],
    [0x00200032, "DS", slice.position.map(coordinate).join("\\")],
    [0x00200037, "DS", [...row, ...column].map(coordinate).join("\\")],
    [0x00200052, "UI", part.frameOfReferenceUid],
    [0x00201041, "DS", coordinate(slice.height)], // Slice Location
    [0x00204000, "LT", part.comments],
    [0x00280002, "US", 1],
    [0x00280004, "CS", "MONOCHROME2"],
    [0x00280010, "US", size[1]],
    [0x00280011, "US", size[0]],
    [0x00280030, "DS", `${length(spacing[1])}\\${length(spacing[0])}`],
    [0x00280100, "US", 16],
    [0x00280101, "US", 16],
    [0x00280102, "US", 15],
    [0x00280103, "US", 1], // signed
    [0x00280301, "CS", "NO"], // Burned In Annotation
    [0x00281050, "DS", "40"], // Window: soft tissue
    [0x00281051, "DS", "400"],
    [0x00281052, "DS", "0"],
    [0x00281053, "DS", "1"],
    [0x00281054, "LO", "HU"],
    [0x00282110, "CS", "00"], // Lossy Image Compression
    [0x7fe00010, "OW", slice.pixels],
  ];
  return [...part.patient, ...dated, ...all.map(([tag, vr, value]) => ({ tag, vr, value }))];
}

/** A distance of voxels to ten digits: 1 mm is "1", whatever the rounding of floats made of it on the way through an affine. */
export function length(mm: number): string {
  return ds(Number(mm.toPrecision(10)));
}

/** A position in mm, or a component of a direction, to ten decimals: beyond them lies the rounding of floats. */
export function coordinate(x: number): string {
  return ds(Number(x.toFixed(10)));
}

/** A decimal string: the most digits that 16 characters hold (PS3.5, 6.2). */
export function ds(x: number): string {
  if (x === 0) return "0";
  for (let digits = 16; digits > 0; digits--) {
    const text = String(Number(x.toPrecision(digits)));
    if (text.length <= 16) return text;
  }
  return "0";
}

function dayOf(date: Date): string {
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()]
    .map((n, at) => String(n).padStart(at === 0 ? 4 : 2, "0"))
    .join("");
}

function timeOf(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((n) => String(n).padStart(2, "0"))
    .join("");
}
