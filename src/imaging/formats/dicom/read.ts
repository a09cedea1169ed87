import { assert, breathe, fail, throwIfAborted } from "../../../base/errors/index.ts";
import { type Triple, type Unit, Volume, type VolumeData } from "../../volume/index.ts";
import type { FileSource, FormatReadOptions, Source } from "../format.ts";
import { type Marks, marksOf } from "../marks.ts";
import { type DicomFile, MAX_VOXELS, parseFile } from "./file.ts";
import type { Frame } from "./frame.ts";
import { type Layout, layoutOf, straightAffine } from "./layout.ts";
import { assertPixels, kindOf } from "./objects.ts";
import { type OpenSeries, openSeries } from "./open-series.ts";
import { pickStack } from "./pick-stack.ts";
import { arrayOf, decodeFrame } from "./pixels.ts";
import { groupSeries, pickSeries } from "./series.ts";
import type { Stack } from "./stack.ts";
import { straighten, straightGrid } from "./straighten.ts";
import { startsOf } from "./times.ts";
import { type Formats, volumesOf } from "./volumes.ts";

/** `VolumeFormat.read`: a single-frame file is a volume of one slice, a multi-frame file a whole volume. */
export async function readDicom(source: Source, options: FormatReadOptions = {}): Promise<Volume> {
  throwIfAborted(options.signal);
  const file = await parseFile(source, options);
  const kind = kindOf(file.elements);
  if (typeof kind === "object")
    fail("unsupported", `a DICOM file that holds no image: ${kind.other}`, {
      where: file.where,
      hint: "give files of a CT or MR series",
    });
  assertPixels(file.elements);
  return volumeOf({ files: [file], leftOut: [] }, options, file.where);
}

/** `VolumeFormat.readFiles`: one series, in any order of files. */
export async function readDicomFiles(
  files: readonly (Source | FileSource)[],
  options: FormatReadOptions = {},
): Promise<Volume> {
  assert(Array.isArray(files), "the first argument must be an array of sources", {
    where: { call: "readFiles" },
  });
  const groups = await groupSeries(files, options);
  const series = pickSeries(groups, options.series, "DICOM files");
  const { uid, description } = series;
  const name = description ? `series "${description}"` : `series ${uid ?? "without a UID"}`;
  const open = await openSeries(series, options);
  return volumeOf({ ...open, leftOut: [...groups.others, ...open.leftOut] }, options, name);
}

async function volumeOf(open: OpenSeries, options: FormatReadOptions, where: string): Promise<Volume> {
  const { signal, irregular = "resample" } = options;
  assert(
    irregular === "resample" || irregular === "refuse",
    `irregular must be "resample" or "refuse", got ${JSON.stringify(irregular)}`,
    { where },
  );
  const { stacks, formats, leftOut } = volumesOf(open, where);
  const stack = pickStack(stacks, options, where);
  const layout = layoutOf(stack, where);
  checkLimit(stack.frames[0]!.size[0] * stack.frames[0]!.size[1] * stack.frames.length, options, where);
  const meta = {
    ...metaOf(stack, formats),
    ...(stacks.length > 1 ? framesMeta(stacks, stack) : {}),
    ...(leftOut.length > 0 ? { leftOut } : {}),
  };
  const about = { unit: unitOf(stack.frames[0]!), ...marksIn(open.files[0]!), meta };
  if (layout.irregular.length === 0) {
    const shape: Triple = [...stack.frames[0]!.size, stack.frames.length];
    const affine = straightAffine(stack, layout.step, stack.frames[0]!.position);
    return new Volume({ shape, affine, ...(await stored(stack, formats, signal)), ...about });
  }
  const reasons = layout.irregular.join(", ");
  if (irregular === "refuse")
    fail("unsupported", `no straight grid: ${reasons}`, {
      where,
      hint: 'pass irregular: "resample" to resample it onto one',
    });
  return resampled(
    stack,
    layout,
    formats,
    { ...about, meta: { ...meta, resampled: reasons } },
    options,
    where,
  );
}

/** Which of several volumes it is, and what tells them apart. */
function framesMeta(stacks: readonly Stack[], stack: Stack): object {
  const starts = startsOf(stacks.map(({ frames }) => frames.map(({ times }) => times)));
  return {
    frame: stacks.indexOf(stack),
    frames: stacks.length,
    frameLabel: stack.label,
    frameLabels: stacks.map(({ label }) => label),
    ...(starts ? { frameTimes: starts } : {}),
  };
}

/** Pixels that are unpacked before others get their turn. */
const TURN = 1 << 21;

/** The stored numbers as they are, when all slices mean the same by them; else float32 values. */
async function stored(
  { frames }: Stack,
  formats: Formats,
  signal: AbortSignal | undefined,
): Promise<{ data: VolumeData; scaling: { slope: number; intercept: number } }> {
  const { slope, intercept, file } = frames[0]!;
  const { type } = formats.get(file)!;
  const same = frames.every(
    (f) => f.slope === slope && f.intercept === intercept && formats.get(f.file)!.type === type,
  );
  const turn = Math.ceil(TURN / (frames[0]!.size[0] * frames[0]!.size[1]));
  let data: VolumeData | undefined;
  for (const [k, frame] of frames.entries()) {
    if (k % turn === 0) await breathe(signal);
    const plane = await decodeFrame(frame, formats.get(frame.file)!);
    // Only now, when the first slice has turned out to be what its header says.
    data ??= same
      ? arrayOf(type, plane.length * frames.length)
      : new Float32Array(plane.length * frames.length);
    if (same) data.set(plane, k * plane.length);
    else
      for (let i = 0; i < plane.length; i++)
        data[k * plane.length + i] = frame.slope * plane[i]! + frame.intercept;
  }
  return { data: data!, scaling: same ? { slope, intercept } : { slope: 1, intercept: 0 } };
}

async function resampled(
  stack: Stack,
  layout: Layout,
  formats: Formats,
  about: Pick<Volume, "unit" | "simulated" | "trainedOn" | "meta">,
  options: FormatReadOptions,
  where: string,
): Promise<Volume> {
  const grid = straightGrid(stack, layout);
  checkLimit(grid.shape[0] * grid.shape[1] * grid.shape[2], options, where);
  const values: Float32Array[] = [];
  for (const [k, frame] of stack.frames.entries()) {
    if (k % 8 === 0) await breathe(options.signal);
    const format = formats.get(frame.file)!;
    const plane = await decodeFrame(frame, format);
    const [low, high] = format.padding ?? [1, 0];
    values.push(
      Float32Array.from(plane, (v) =>
        v >= low && v <= high ? Number.NaN : frame.slope * v + frame.intercept,
      ),
    );
  }
  const outside = (about.meta.paddingValue as number | undefined) ?? (about.unit === "HU" ? -1024 : 0);
  const data = await straighten(stack, layout, grid, { values, outside }, options.signal);
  return new Volume({ shape: grid.shape, affine: grid.affine, data, ...about });
}

function checkLimit(count: number, options: FormatReadOptions, where: string): void {
  const { maxVoxels = MAX_VOXELS } = options.limits ?? {};
  assert(maxVoxels > 0, `limits.maxVoxels must be positive, got ${maxVoxels}`, { where: "read" });
  if (count > maxVoxels)
    fail("limit", `${count} voxels, the limit is ${maxVoxels}`, {
      where,
      hint: [["raise ", { option: "limits.maxVoxels" }, " if the files are trusted"]],
    });
}

/** Only what does not identify the patient. */
function metaOf({ frames }: Stack, formats: Formats): Readonly<Record<string, unknown>> {
  const frame = frames[0]!;
  const { elements } = frame.file;
  const { padding } = formats.get(frame.file)!;
  const found = {
    modality: elements.text("Modality"),
    seriesInstanceUID: elements.text("SeriesInstanceUID"),
    seriesDescription: elements.label("SeriesDescription"),
    bodyPart: elements.text("BodyPartExamined"),
    frameOfReferenceUID: elements.text("FrameOfReferenceUID"),
    sliceThickness: frame.thickness,
    paddingValue: padding && frame.slope * padding[0] + frame.intercept,
  };
  return { format: "DICOM", ...Object.fromEntries(Object.entries(found).filter(([, v]) => v !== undefined)) };
}

/** CT says HU, or nothing, which means HU (PS3.3, C.8.2.1); spectral images of CT scanners say what else they are. */
function unitOf({ file, rescaleType }: Frame): Unit {
  const modality = file.elements.text("Modality");
  if (modality === "MR") return "arbitrary";
  if (modality !== "CT") return "unknown";
  return rescaleType === undefined || /^(HU|US|HU_MOD)$/.test(rescaleType) ? "HU" : "unknown";
}

/** What `encodeCtSeries` leaves, and nobody else's word. */
function marksIn({ elements }: DicomFile): Omit<Marks, "unit"> {
  const ours = elements.text("Manufacturer") === "miDASH";
  const { unit: _, ...marks } = marksOf(ours ? elements.text("ImageComments")?.replace(/^.*?; /, "") : "");
  return marks;
}
