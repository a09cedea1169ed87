import { assert } from "../../../base/errors/index.ts";
import type { Volume } from "../../../imaging/volume/index.ts";
import { isThere } from "./paths.ts";

/** How `--frame` is said everywhere. */
export const FRAME_OPTION = [
  "--frame <which>",
  "which frame of a 4-D file, from 0, or which volume of a DICOM series, by number or label (water, 'echo time 20')",
] as const;

/** How `--series` is said everywhere. */
export const SERIES_OPTION = [
  "--series <id>",
  "which DICOM series of a folder that holds several: UID, its beginning, number or description; of one input alone: FOLDER#ID",
] as const;

/** Which volume of several in one place. */
export interface Choice {
  /** A number or a label. */
  readonly frame?: string;
  readonly series?: string;
}

/** A path, and what was chosen there. */
export interface Located extends Choice {
  readonly path: string;
}

/**
 * A path as users write it: FOLDER#SERIES, FOLDER#SERIES#FRAME or FILE#FRAME choose for one input what `--series` and `--frame` choose for all. A path that is
 * there as it stands is that path.
 */
export async function located(given: string, choice: Choice): Promise<Located> {
  const [path = "", ...more] = given.split("#");
  const file = /\.[a-z0-9.]+$/i.test(path);
  if (more.length === 0 || more.length > 2 || path === "" || (await isThere(given)))
    return { ...choice, path: given };
  if (!(await isThere(path))) return { ...choice, path: given };
  const [series, frame] = file && more.length === 1 ? [undefined, more[0]] : more;
  return { path, series: series ?? choice.series, frame: frame ?? choice.frame };
}

/** A number that counts frames; anything else is a label. */
export function frameNumber(frame: string | undefined): number | undefined {
  return frame !== undefined && /^\d+$/.test(frame) ? Number(frame) : undefined;
}

/** A choice that no file has use for was meant for another file. */
export function assertChoiceUsed(
  { frame, series }: Choice,
  ...volumes: readonly (Volume | undefined)[]
): void {
  const some = (test: (volume: Volume) => boolean) => volumes.some((volume) => volume && test(volume));
  const no = (flag: string, what: string) => ({ where: flag, hint: `leave it out, or check ${what}` });
  assert(
    frame === undefined || frameNumber(frame) === 0 || some(({ meta }) => meta.frames !== undefined),
    "no file given is 4-D",
    no("--frame", "the file"),
  );
  assert(
    series === undefined || some(({ meta }) => meta.format === "DICOM"),
    "is for DICOM, and no input is",
    no("--series", "the input"),
  );
}
