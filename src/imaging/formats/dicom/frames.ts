import { fail } from "../../../base/errors/index.ts";
import type { Triple } from "../../volume/index.ts";
import type { Elements } from "./elements.ts";
import type { DicomFile } from "./file.ts";
import type { Frame } from "./frame.ts";
import { isMosaic, tilesOf } from "./mosaic.ts";
import type { Keyword } from "./tags.ts";
import { momentOf, timesOf } from "./times.ts";
import { cross, dot, unit } from "./vectors.ts";

/** A file's header says of each of its frames. @throws MidashError `invalid-file`, `unsupported` */
export function framesOf(file: DicomFile): readonly Frame[] {
  const { elements, where } = file;
  const shared = elements.item("SharedFunctionalGroupsSequence");
  const each = elements.items("PerFrameFunctionalGroupsSequence");
  const count = elements.number("NumberOfFrames") ?? 1;
  if (!Number.isInteger(count) || count < 1)
    fail("invalid-file", `NumberOfFrames is ${count}`, { where, hint: "get the file again" });
  if (each.length === 0 && count > 1)
    fail("unsupported", `${count} frames without functional groups, so their places are not known`, {
      where,
      hint: "export it as an enhanced image, or as one file a slice",
    });
  if (each.length > 0 && each.length !== count)
    fail("invalid-file", `NumberOfFrames is ${count}, but ${each.length} frames are described`, {
      where,
      hint: "get the file again",
    });
  if (count === 1 && each.length === 0) {
    const only = frameOf(file, 0, [elements]);
    return isMosaic(file) ? tilesOf(only) : [only];
  }
  return each.map((own, index) => frameOf(file, index, shared ? [own, shared] : [own]));
}

/** Looks a keyword up in the frame's groups, then in the shared ones, then in the file. */
class Scope {
  readonly groups: readonly Elements[];
  readonly file: DicomFile;
  constructor(groups: readonly Elements[], file: DicomFile) {
    this.groups = groups;
    this.file = file;
  }

  in(sequence: Keyword): Elements {
    for (const group of this.groups) {
      const item = group.item(sequence);
      if (item) return item;
    }
    return this.file.elements;
  }
}

function frameOf(file: DicomFile, index: number, groups: readonly Elements[]): Frame {
  const { elements, where } = file;
  const scope = new Scope(groups, file);
  const position = scope.in("PlanePositionSequence").numbers("ImagePositionPatient", 3);
  const orientation = scope.in("PlaneOrientationSequence").numbers("ImageOrientationPatient", 6);
  const measures = scope.in("PixelMeasuresSequence");
  const spacing = measures.numbers("PixelSpacing", 2);
  for (const [keyword, found] of Object.entries({
    ImagePositionPatient: position,
    ImageOrientationPatient: orientation,
    PixelSpacing: spacing,
  }))
    if (!found)
      fail("unsupported", `no ${keyword}: the image has no place in space`, {
        where,
        hint: "only CT, MR and the like are volumes",
      });
  if (!spacing!.every((mm) => mm > 0 && mm < 1e4))
    fail("invalid-file", `PixelSpacing is ${spacing!.join("\\")}`, { where, hint: "get the file again" });
  if (position!.some((mm) => Math.abs(mm) > 1e6))
    fail("invalid-file", `ImagePositionPatient is ${position!.join("\\")}`, {
      where,
      hint: "get the file again",
    });
  const [row, column] = directionsOf(orientation!, where);
  const value = scope.in("PixelValueTransformationSequence");
  const slope = value.number("RescaleSlope") ?? 1;
  const intercept = value.number("RescaleIntercept") ?? 0;
  if (slope === 0) fail("invalid-file", "RescaleSlope is 0", { where, hint: "fix the header" });
  const size = [elements.us("Columns") ?? 0, elements.us("Rows") ?? 0] as const;
  if (size[0] === 0 || size[1] === 0)
    fail("invalid-file", `an image of ${size[0]} columns and ${size[1]} rows`, {
      where,
      hint: "get the file again",
    });
  const thickness = measures.number("SliceThickness");
  return {
    file,
    index,
    position: position as unknown as Triple,
    row,
    column,
    size,
    spacing: [spacing![1]!, spacing![0]!], // DICOM says first how far rows lie apart
    thickness: thickness !== undefined && thickness > 0 ? thickness : undefined,
    slope,
    intercept,
    rescaleType: value.text("RescaleType"),
    times: timesOf(elements, {
      content: scope.in("FrameContentSequence"),
      trigger: scope.in("CardiacSynchronizationSequence"),
    }),
    instance: Number(elements.text("InstanceNumber") ?? Number.NaN) + index,
    keys: keysOf(scope, elements),
  };
}

function directionsOf(cosines: readonly number[], where: string): readonly [Triple, Triple] {
  const row = cosines.slice(0, 3) as unknown as Triple;
  const column = cosines.slice(3) as unknown as Triple;
  const straight = Math.abs(dot(row, row) - 1) < 0.02 && Math.abs(dot(column, column) - 1) < 0.02;
  if (!straight || Math.abs(dot(row, column)) > 0.01)
    fail(
      "invalid-file",
      `ImageOrientationPatient ${cosines.join("\\")} is not two unit vectors at a right angle`,
      { where, hint: "fix the header" },
    );
  // Cosines come rounded, often to four digits: the row is kept, the column made exactly perpendicular to it.
  const x = unit(row);
  return [x, unit(cross(unit(cross(x, column)), x))];
}

/** In the order in which they are tried. */
function keysOf(scope: Scope, elements: Elements): Readonly<Record<string, string>> {
  const content = scope.in("FrameContentSequence");
  const found: readonly (readonly [string, string | number | undefined])[] = [
    ["stack", content.text("StackID")],
    ["echo time", scope.in("MREchoSequence").double("EffectiveEchoTime") ?? elements.text("EchoTime")],
    ["echo", elements.text("EchoNumbers")],
    ["time point", temporalIndex(content) ?? elements.text("TemporalPositionIdentifier")],
    ["b-value", scope.in("MRDiffusionSequence").double("DiffusionBValue")],
    ["image type", scope.in("MRImageFrameTypeSequence").text("FrameType") ?? elements.text("ImageType")],
    ["trigger time", elements.text("TriggerTime")],
    ["acquisition", elements.text("AcquisitionNumber")],
    ["acquisition time", momentOf(elements)],
  ];
  return Object.fromEntries(found.flatMap(([name, v]) => (v === undefined ? [] : [[name, plain(v)]])));
}

/** "20.0" and "20" are one echo time. */
function plain(value: string | number): string {
  const number = Number(value);
  return value !== "" && Number.isFinite(number) ? String(number) : String(value);
}

function temporalIndex(content: Elements): number | undefined {
  return content.ul("TemporalPositionIndex");
}
