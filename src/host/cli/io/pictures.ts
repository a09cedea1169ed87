import { basename, dirname } from "node:path";
import { montagePng } from "../../../evaluation/report/index.ts";
import type { SliceAxis } from "../../../imaging/display/index.ts";
import { boundingBox, foregroundMask, reorient, type Volume } from "../../../imaging/volume/index.ts";
import { fileRunStore, type Shown } from "../../node/index.ts";
import type { Context } from "../command.ts";
import { checkOutputFile } from "./outputs.ts";
import { reportBytes } from "./report.ts";

/** How the options of pictures without a reference are said. */
export const PICTURE_OPTIONS = [
  [
    "--report <file>",
    "also write one HTML file with viewers in three planes, numbers and warnings (report.html)",
  ],
  ["--png <file>", "also write a picture of the three planes"],
] as const;

/** Where pictures go. */
export interface PictureFlags {
  readonly report?: string;
  readonly png?: string;
}

const PLANES = { axial: 2, coronal: 1, sagittal: 0 } as const;
const AXES = Object.keys(PLANES) as readonly SliceAxis[];

/** Refuses what can't be written, before any work. */
export async function checkPictures({ report, png }: PictureFlags, inputs: readonly string[]): Promise<void> {
  if (report !== undefined) await checkOutputFile(report, inputs, [".html", ".htm"]);
  if (png !== undefined) await checkOutputFile(png, inputs, [".png"]);
}

/** Writes what was asked for. */
export async function writePictures(
  { report, png }: PictureFlags,
  { title, shown, facts, tables, warnings }: Shown,
  { output, signal }: Context,
): Promise<void> {
  const write = (path: string, bytes: Uint8Array) => fileRunStore(dirname(path)).write(basename(path), bytes);
  if (report !== undefined) {
    const content = { title, facts, cases: [shown], tables, warnings };
    await write(report, await reportBytes(content, { output, signal }, { axes: AXES }));
  }
  if (png === undefined) return;
  const { id, sct, ...volumes } = shown;
  const origin = sct?.trainedOn === undefined ? "" : `  trained on ${sct.trainedOn}`;
  const middles = middlesOf(shown);
  const rows = AXES.map((axis) => ({
    ...volumes,
    sct,
    title: `${id.replaceAll(/[^\x20-\x7e]/g, "?")}${origin}`,
    axis,
    slices: [middles[PLANES[axis]]!],
  }));
  await write(png, await montagePng(rows));
}

/** The planes through the middle of the body, on the RAS grid. */
function middlesOf({ mr, sct, ct, classes }: Shown["shown"]): readonly number[] {
  const hu = sct ?? ct;
  const like = reorient((hu ?? mr ?? classes?.volume) as Volume);
  const body = hu ? like.values().map((v) => (v > -500 ? 1 : 0)) : foregroundMask(like).data;
  const { low, shape } = boundingBox(body, like.shape) ?? { low: [0, 0, 0], shape: like.shape };
  return shape.map((n, d) => Math.floor(low[d]! + n / 2));
}

/** For `--json`. */
export function picturesMade({ report, png }: PictureFlags): PictureFlags {
  return { ...(report === undefined ? {} : { report }), ...(png === undefined ? {} : { png }) };
}
