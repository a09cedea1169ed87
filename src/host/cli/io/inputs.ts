import { assert, fail } from "../../../base/errors/index.ts";
import type { LeftOut, VolumeFormat } from "../../../imaging/formats/index.ts";
import { takenForHu } from "../../../imaging/hounsfield/index.ts";
import { describeGrid, reorient, sameGrid, type Volume } from "../../../imaging/volume/index.ts";
import { readMask as readNamedMask } from "../../node/index.ts";
import type { Context } from "../command.ts";
import { type Choice, frameNumber, located } from "./choice.ts";
import { resampleHint } from "./in-flags.ts";
import { isThere } from "./paths.ts";
import { STANDARD, volumeReader } from "./standard-streams.ts";

export interface ReadOptions extends Choice {
  /** Those of the package and of plugins. */
  readonly formats: readonly VolumeFormat[];
  readonly signal?: AbortSignal;
  /** Takes what people should know of an input: files that were left out. */
  readonly say?: (line: string) => void;
}

/** What a command's options and its context say of reading. */
export function readOptions(
  { frame, series }: Choice,
  formats: readonly VolumeFormat[],
  { output, signal }: Context,
): ReadOptions {
  return { frame, series, formats, signal, say: (line) => output.say(line) };
}

/** Refuses an input that is not there, before anything is said of where its result goes. @throws MidashError `not-found` */
export async function assertInputThere(given: string): Promise<void> {
  const { path } = await located(given, {});
  if (path !== STANDARD && !(await isThere(path)))
    fail("not-found", "no such file or folder", { where: path, hint: "check the path" });
}

/** A volume of any kind. A 4-D file needs a frame, and errors name `--frame`. */
export async function readAny(given: string, options: ReadOptions): Promise<Volume> {
  const { formats, signal, say } = options;
  const { path, frame, series } = await located(given, options);
  const read = { formats, signal, series };
  const number = frameNumber(frame);
  const readVolume = await volumeReader(path, { signal });
  const first = await readVolume({ ...read, frame: 0 });
  sayLeftOut(first, path, say);
  const frames = first.meta.frames as number | undefined;
  if (frames === undefined) return first;
  const labels = first.meta.frameLabels as readonly string[] | undefined;
  const choice = `choose one of 0 to ${frames - 1}${labels ? " or a word of a label" : ""} by --frame, e.g. --frame 0`;
  const list = labels ? `: ${listed(labels)}` : "";
  if (frame === undefined)
    return fail("unsupported", `${labels ? `holds ${frames} volumes` : `is 4-D, ${frames} frames`}${list}`, {
      where: path,
      hint: choice,
    });
  if (number === 0) return first;
  if (number !== undefined && number < frames) return readVolume({ ...read, frame: number });
  if (number !== undefined || labels === undefined)
    return fail("invalid-argument", `has no frame ${frame}${list}`, { where: path, hint: choice });
  return readVolume({ ...read, frameLabel: frame });
}

function listed(labels: readonly string[]): string {
  const shown = labels.slice(0, 12).map((label, n) => `${n}: ${label}`);
  return shown.join("; ") + (labels.length > 12 ? `; and ${labels.length - 12} more` : "");
}

/** What could have been meant as part of the volume, a line for each reason; the rest `midash info` lists. */
function sayLeftOut({ meta }: Volume, path: string, say: ReadOptions["say"]): void {
  const doubtful = ((meta.leftOut ?? []) as readonly LeftOut[]).filter((left) => left.doubtful);
  for (const { file, why } of doubtful.slice(0, 5))
    say?.(`Warning: ${path}: left out ${file}: ${why.replace(/^is /, "")}`);
  if (doubtful.length > 5)
    say?.(`Warning: ${path}: left out ${doubtful.length - 5} more files; see npx @midash/core info`);
}

/** A CT or synthetic CT. A file that does not state its unit is taken to be in HU; one that says it is MR is refused. */
export async function readCt(path: string, options: ReadOptions): Promise<Volume> {
  const volume = await readAny(path, options);
  assert(volume.unit !== "arbitrary", "is marked as MR, not HU", {
    where: path,
    hint: "give a CT or a synthetic CT",
  });
  const { quantity } = volume.meta;
  assert(quantity === undefined || volume.unit === "HU", `is marked as ${quantity}, not HU`, {
    where: path,
    hint: "give a CT or a synthetic CT",
  });
  return takenForHu(volume);
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
  const { formats, signal } = options;
  return readNamedMask(path, { formats, signal, like, read: (file) => readAny(file, options) });
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
        { where: path, hint: resampleHint(path, volume, first!) },
      );
}

/** For options that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
