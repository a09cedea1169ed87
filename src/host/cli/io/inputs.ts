import { assert, fail } from "../../../base/errors/index.ts";
import { valueKinds } from "../../../base/options/index.ts";
import type { VolumeFormat } from "../../../imaging/formats/index.ts";
import { describeGrid, reorient, sameGrid, type Volume } from "../../../imaging/volume/index.ts";
import { readMask as readNamedMask, readVolume } from "../../node/index.ts";
import { RESAMPLE } from "./in-flags.ts";

export interface ReadOptions {
  /** Of a 4-D file; a 3-D file is taken as it is. */
  readonly frame?: number;
  /** Of a folder that holds several DICOM series. */
  readonly series?: string;
  /** Those of the package and of plugins. */
  readonly formats: readonly VolumeFormat[];
  readonly signal?: AbortSignal;
}

/** How `--frame` is said everywhere. */
export const FRAME_OPTION = ["--frame <n>", "which frame of a 4-D file, from 0"] as const;

/** How `--series` is said everywhere. */
export const SERIES_OPTION = [
  "--series <id>",
  "which DICOM series of a folder that holds several: UID, its beginning, number or description",
] as const;

export function frameOf(options: { readonly frame?: string }): number | undefined {
  return options.frame === undefined
    ? undefined
    : valueKinds.integer({ min: 0 }).read(options.frame, "--frame");
}

/** A volume of any kind. A 4-D file needs a frame, and errors name `--frame`. */
export async function readAny(path: string, options: ReadOptions): Promise<Volume> {
  const { frame, ...read } = options;
  const first = await readVolume(path, { ...read, frame: 0 });
  assert(read.series === undefined || first.meta.modality !== undefined, "is for DICOM, and this is none", {
    where: "--series",
    hint: "leave it out",
  });
  const frames = first.meta.frames as number | undefined;
  if (frames === undefined) return first;
  const choice = `choose one of 0 to ${frames - 1} by --frame, e.g. --frame 0`;
  if (frame === undefined)
    return fail("unsupported", `is 4-D, ${frames} frames`, { where: path, hint: choice });
  assert(frame < frames, `has no frame ${frame}`, { where: path, hint: choice });
  return frame === 0 ? first : readVolume(path, { ...read, frame });
}

/** A frame that no file has use for was meant for another file. */
export function assertFrameUsed(
  frame: number | undefined,
  ...volumes: readonly (Volume | undefined)[]
): void {
  assert(!frame || volumes.some((volume) => volume?.meta.frames !== undefined), "no file given is 4-D", {
    where: "--frame",
    hint: "leave it out",
  });
}

/** A CT or synthetic CT. A file that does not state its unit is taken to be in HU; one that says it is MR is refused. */
export async function readCt(path: string, options: ReadOptions): Promise<Volume> {
  const volume = await readAny(path, options);
  assert(volume.unit !== "arbitrary", "is marked as MR, not HU", {
    where: path,
    hint: "give a CT or a synthetic CT",
  });
  return volume.with({ unit: "HU" });
}

/** An MR. A file that says it is in HU is refused. */
export async function readMr(path: string, options: ReadOptions): Promise<Volume> {
  const volume = await readAny(path, options);
  assert(volume.unit !== "HU", "is marked as a CT in HU, not MR", { where: path, hint: "give an MR" });
  return volume.with({ unit: "arbitrary" });
}

/** How `--mask` is said everywhere. */
export const MASK_KINDS = "a volume, NAME@FILE of an RTSTRUCT or DICOM SEG, or LABEL@FILE of a label map";

/** A mask of `like`: a volume, or a structure that is drawn on its grid. */
export async function readMask(
  path: string | undefined,
  like: Volume,
  options: ReadOptions,
): Promise<Volume | undefined> {
  if (path === undefined) return undefined;
  return readNamedMask(path, { ...options, like, read: (file) => readAny(file, options) });
}

/** What there is to say of how masks were drawn. */
export function maskNotes(masks: readonly (readonly [path: string | undefined, mask: Volume | undefined])[]) {
  return masks.flatMap(([path, mask]) =>
    ((mask?.meta.notes as readonly string[] | undefined) ?? []).map((note) => `${path}: ${note}`),
  );
}

/** Volumes of several files must share one grid; errors name the files. */
export function assertOneGrid(files: readonly (readonly [path: string, volume: Volume | undefined])[]): void {
  const [[first, like] = [], ...others] = files;
  for (const [path, volume] of others)
    if (like && volume && !sameGrid(reorient(like), reorient(volume)))
      fail(
        "grid-mismatch",
        `is on another grid (${describeGrid(volume)}) than ${first} (${describeGrid(like)})`,
        { where: path, hint: RESAMPLE },
      );
}

/** For options that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
