import type { Triple } from "../../volume/index.ts";
import type { DicomFile } from "./file.ts";
import type { FrameTimes } from "./times.ts";

/** One plane of pixels and where it lies. All lengths in mm, in DICOM's LPS+ space. */
export interface Frame {
  readonly file: DicomFile;
  /** Its number in the file, from 0. */
  readonly index: number;
  /** Centre of the first pixel. */
  readonly position: Triple;
  /** Unit vector along a row (column index grows) and along a column (row index grows). */
  readonly row: Triple;
  readonly column: Triple;
  /** Pixels in a row, pixels in a column. */
  readonly size: readonly [number, number];
  /** Between neighbours in a row, between neighbours in a column. */
  readonly spacing: readonly [number, number];
  readonly thickness: number | undefined;
  readonly slope: number;
  readonly intercept: number;
  readonly rescaleType: string | undefined;
  readonly times: FrameTimes;
  /** Instance Number, which follows the order in which images were taken or made; NaN when absent. */
  readonly instance: number;
  /** Where it lies in an image of many slices. */
  readonly tile?: Tile;
  /** What may part frames at one place: echo, time, b-value, ... */
  readonly keys: Readonly<Record<string, string>>;
}

/** Where a slice lies in an image of many: its first column and row there. */
export interface Tile {
  readonly left: number;
  readonly top: number;
  /** Columns of the whole image. */
  readonly width: number;
  readonly height: number;
}

/** "a.dcm", or "a.dcm frame 3". */
export function nameOf({ file, index }: Frame): string {
  const many = file.elements.element("PerFrameFunctionalGroupsSequence") !== undefined;
  return many ? `${file.where} frame ${index}` : file.where;
}
