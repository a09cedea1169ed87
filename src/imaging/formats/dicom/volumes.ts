import type { LeftOut } from "../format.ts";
import type { DicomFile } from "./file.ts";
import type { Frame } from "./frame.ts";
import { framesOf } from "./frames.ts";
import type { OpenSeries } from "./open-series.ts";
import type { PixelFormat } from "./pixel-format.ts";
import { checkPixels, pixelFormat } from "./pixels.ts";
import type { Stack } from "./stack.ts";
import { stacksOf } from "./stacks.ts";

/** How each file's pixels are stored. */
export type Formats = ReadonlyMap<DicomFile, PixelFormat>;

/** The volumes of a series, with their pixels still packed. */
export interface SeriesVolumes {
  readonly stacks: readonly Stack[];
  readonly formats: Formats;
  readonly leftOut: readonly LeftOut[];
}

/** @throws MidashError `invalid-file` or `unsupported`, of one file or of how they lie */
export function volumesOf({ files, leftOut }: OpenSeries, where: string): SeriesVolumes {
  const formats = new Map(files.map((file) => [file, pixelFormat(file)]));
  const frames: Frame[] = [];
  for (const [file, format] of formats) {
    const own = framesOf(file);
    checkPixels(own, format);
    frames.push(...own);
  }
  const found = stacksOf(frames, where);
  return { stacks: found.stacks, formats, leftOut: [...leftOut, ...found.leftOut] };
}
