import { sha256 } from "../../../base/bytes/index.ts";
import {
  assert,
  breathe,
  fail,
  throwIfAborted,
  type Warning,
  type Where,
} from "../../../base/errors/index.ts";
import {
  applyAffine,
  type ImageOrigin,
  invertAffine,
  reorient,
  type Triple,
  Volume,
} from "../../volume/index.ts";
import type { FileSource, Source } from "../format.ts";
import { marksText } from "../marks.ts";
import { type CtSlice, ctAttributes, type SeriesPart } from "./ct-attributes.ts";
import { encodeFile } from "./dataset-writer.ts";
import type { DicomFile } from "./file.ts";
import type { Frame } from "./frame.ts";
import { framesOf } from "./frames.ts";
import { openSeries } from "./open-series.ts";
import { patientOf } from "./patient.ts";
import { groupSeries, pickSeries } from "./series.ts";
import { uidSource } from "./uids.ts";
import { along, cross, dot, unit } from "./vectors.ts";

/** CT Image Storage. */
const CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2";
/** Every series begins with this, whatever it is called: it must not be taken for a measured CT. */
const SYNTHETIC = "SYNTHETIC CT (not for diagnosis)";
/** What follows it where the model saw no patient. */
const TRAINED_ON: Readonly<Partial<Record<ImageOrigin, string>>> = {
  phantoms: "PHANTOM MODEL",
  "simulated heads": "SIM-TRAINED",
};

/** Options of {@link encodeCtSeries}. */
export interface CtSeriesOptions {
  /** The files of the MR series that the synthetic CT was made of. Patient, study and frame of reference are taken from it. */
  readonly source: readonly (Source | FileSource)[];
  /** Which series of `source`, when there are several: as `FormatReadOptions.series`. */
  readonly series?: string;
  /** Name of the model, for the derivation description. Default: "not named". */
  readonly model?: string;
  /**
   * Goes behind "SYNTHETIC CT (not for diagnosis)", up to 31 characters; fewer where a model that saw no patient is marked there: 17 behind "PHANTOM
   * MODEL", 19 behind "SIM-TRAINED". Default: nothing.
   */
  readonly seriesDescription?: string;
  /** Default: the source's Series Number + 1000. */
  readonly seriesNumber?: number;
  /**
   * Axes of the slices, as for `reorient`: "LPS" gives axial slices as planning systems want them. An exact permutation of voxels. Default: the
   * volume's own axes.
   */
  readonly orientation?: string;
  /**
   * Remove who the patient is (PS3.15 basic profile, for the attributes that are copied at all), leave out dates, and replace all UIDs, each by the
   * same new one. Default false.
   */
  readonly anonymise?: boolean;
  /**
   * Makes UIDs the same in every run for the same voxels, source and options. Default: random. With `anonymise` keep it secret: who has it can
   * check whether a patient or a series is a given one.
   */
  readonly seed?: string | number;
  /** Date and time in the files. Default: now. */
  readonly date?: Date;
  /** Takes what a planning system will stumble over: a source without a frame of reference, or without the patient's position. */
  readonly onWarning?: (warning: Warning) => void;
  readonly signal?: AbortSignal;
}

/**
 * A synthetic CT as a DICOM series (CT Image Storage), one file a slice, on the volume's own grid. Opens beside the MR: patient, study and frame of
 * reference are the source's; of a source that names no frame of reference it is a new one, and the derivation description and a warning say so. Image type `DERIVED\SECONDARY\AXIAL`; series and derivation descriptions say that it is synthetic and name the model.
 *
 * Stored as int16 HU, slope 1, intercept 0: values are rounded, and clipped to -32768...32767 (the derivation description says so if any was).
 *
 * @returns file names to bytes, in the order of slices
 * @throws MidashError `invalid-argument` (no HU, values that are no numbers, a grid away from the source), `unsupported` (a sheared grid),
 *   what reading the source throws, or `aborted`
 */
export async function encodeCtSeries(
  sct: Volume,
  options: CtSeriesOptions,
): Promise<Map<string, Uint8Array>> {
  const where = { call: "encodeCtSeries" };
  const { signal, anonymise = false, date = new Date(), orientation } = options;
  check(sct, options);
  throwIfAborted(signal);
  const volume = orientation === undefined ? sct : reorient(sct, orientation);
  const axes = straightAxes(volume, where);
  const series = pickSeries(await groupSeries(options.source, { signal }), options.series, "the source");
  const seriesUid = required(series.uid, "SeriesInstanceUID", series.heads[0]!.where);
  const { files: sources } = await openSeries(series, { signal });
  const frames = sources.flatMap(framesOf);
  assertOverlap(volume, frames, where);
  const { stored, clipped } = await storedHu(volume, signal);
  const first = sources[0]!;
  const uid = uidSource(options.seed);
  const mapped = (old: string) => (anonymise ? uid(`was ${old}`) : old);
  const model = textOf(options.model ?? "not named", 300);
  // One UID must never name two contents: with a seed the voxels themselves are part of the name.
  const voxels = options.seed === undefined ? "" : sha256([new Uint8Array(stored.buffer)]);
  const said = [anonymise, model, options.seriesDescription, options.seriesNumber, volume.affine];
  const content = `${seriesUid}/${JSON.stringify(said)}/${voxels}`;
  const frame = first.elements.text("FrameOfReferenceUID");
  for (const warning of doubts(first)) options.onWarning?.(warning);
  const part: SeriesPart = {
    patient: patientOf(first, { anonymise, uid }),
    classUid: CT_IMAGE,
    studyUid: mapped(required(first.elements.text("StudyInstanceUID"), "StudyInstanceUID", first.where)),
    frameOfReferenceUid: frame === undefined ? uid(`${seriesUid}/frame of reference`) : mapped(frame),
    seriesUid: uid(`${content}/series`),
    seriesNumber: options.seriesNumber ?? Math.min(2 ** 31 - 1, (series.number ?? 0) + 1000),
    seriesDescription: [SYNTHETIC, sct.trainedOn && TRAINED_ON[sct.trainedOn], options.seriesDescription]
      .map((part) => textOf(part ?? "", 64))
      .filter(Boolean)
      .join(" ")
      .slice(0, 64)
      .trim(),
    derivation:
      `Synthetic CT computed from MR by the model ${model} with @midash/core. Not measured by a CT scanner, not for diagnosis. ` +
      `HU are rounded to integers${clipped > 0 ? `, ${clipped} voxels are clipped to 16 bits` : ""}.` +
      (frame === undefined ? " The MR names no frame of reference: this one is new." : "") +
      (sct.trainedOn === undefined ? "" : ` The model was trained on ${sct.trainedOn}.`) +
      (sct.simulated ? " The MR was simulated." : ""),
    comments: `${SYNTHETIC}; ${marksText(sct)}`,
    date: anonymise ? undefined : date,
    size: [volume.shape[0], volume.shape[1]],
    spacing: volume.spacing,
    row: axes[0],
    column: axes[1],
    source: {
      seriesUid: mapped(seriesUid),
      instances: sources.map((file) => ({
        classUid: required(file.elements.text("SOPClassUID"), "SOPClassUID", file.where),
        instanceUid: mapped(required(file.elements.text("SOPInstanceUID"), "SOPInstanceUID", file.where)),
      })),
    },
  };
  const files = new Map<string, Uint8Array>();
  const [nx, ny, nz] = volume.shape;
  const digits = Math.max(4, String(nz).length);
  for (let k = 0; k < nz; k++) {
    if (k % 8 === 0) await breathe(signal);
    const position = toLps(applyAffine(volume.affine, [0, 0, k]));
    const slice: CtSlice = {
      number: k + 1,
      instanceUid: uid(`${content}/slice ${k}`),
      position,
      height: dot(position, axes[2]),
      pixels: new Uint8Array(stored.buffer, 2 * k * nx * ny, 2 * nx * ny),
      source: nearest(sources, frames, volume, axes, position),
    };
    const name = `CT${String(k + 1).padStart(digits, "0")}.dcm`;
    files.set(
      name,
      encodeFile({ classUid: CT_IMAGE, instanceUid: slice.instanceUid }, ctAttributes(part, slice)),
    );
  }
  return files;
}

function check(sct: Volume, options: CtSeriesOptions): void {
  const where = { call: "encodeCtSeries" };
  assert(Volume.is(sct), "the first argument must be a Volume", { where });
  assert(sct.unit === "HU", `a CT is in HU, the volume's unit is "${sct.unit}"`, {
    where,
    hint: [["set its ", { option: "unit" }, ': volume.with({ unit: "HU" })']],
  });
  assert(
    typeof options === "object" && Array.isArray(options?.source) && options.source.length > 0,
    "options.source must be the files of the MR series",
    { where },
  );
  for (const key of ["model", "seriesDescription", "series", "orientation"] as const)
    assert(options[key] === undefined || typeof options[key] === "string", `${key} must be a text`, {
      where,
    });
  const { seriesNumber, date } = options;
  assert(
    seriesNumber === undefined || (Number.isInteger(seriesNumber) && Math.abs(seriesNumber) < 2 ** 31),
    `seriesNumber must be an integer below 2^31, got ${seriesNumber}`,
    { where },
  );
  assert(
    date === undefined || (date instanceof Date && Number.isFinite(date.getTime())),
    "date must be a valid Date",
    { where },
  );
  assert(sct.shape[0] < 65_536 && sct.shape[1] < 65_536, "a slice has at most 65535 rows and columns", {
    where,
  });
}

/** Directions of i, j and k in LPS+. */
function straightAxes(volume: Volume, where: Where): readonly [Triple, Triple, Triple] {
  const { affine } = volume;
  const axis = (c: number) => unit(toLps([affine[c]!, affine[4 + c]!, affine[8 + c]!]));
  const axes = [axis(0), axis(1), axis(2)] as const;
  const skew = Math.max(...[0, 1, 2].map((d) => Math.abs(dot(axes[d]!, axes[(d + 1) % 3]!))));
  if (skew > 1e-3)
    fail("unsupported", "the grid is sheared, slices of a CT are not", {
      where,
      hint: "resample it onto a straight grid first, e.g. resample(sct, { like: straightGrid(sct, sct.spacing) })",
    });
  // Exactly perpendicular, for readers that check the seventh digit.
  const column = unit(along(axes[1], -dot(axes[0], axes[1]), axes[0]));
  return [axes[0], column, axes[2]];
}

/** What the source lacks of that by which planning systems lay a CT and an MR over each other. */
function doubts({ elements, where }: DicomFile): readonly Warning[] {
  const found: Warning[] = [];
  if (elements.text("FrameOfReferenceUID") === undefined)
    found.push({
      code: "frame-of-reference",
      what: "the MR names no frame of reference: the CT has one of its own, and a planning system will not match them by itself",
      where,
      hint: "register the CT to the MR there, or get the MR with its FrameOfReferenceUID",
    });
  if (elements.text("PatientPosition") === undefined)
    found.push({
      code: "patient-position",
      what: "the MR does not say how the patient lay: PatientPosition of the CT is empty, and a planning system may refuse it or assume one",
      where,
      hint: "check the orientation there, or get the MR with its PatientPosition",
    });
  return found;
}

/** A synthetic CT that lies elsewhere than its source was made of another one. */
function assertOverlap(volume: Volume, frames: readonly Frame[], where: Where): void {
  const toVoxel = invertAffine(volume.affine);
  const inside = frames.some(({ position, row, column, size, spacing }) => {
    const centre = along(
      along(position, ((size[0] - 1) / 2) * spacing[0], row),
      ((size[1] - 1) / 2) * spacing[1],
      column,
    );
    const voxel = applyAffine(toVoxel, toLps(centre));
    return voxel.every((v, d) => v > -1 && v < volume.shape[d]!);
  });
  assert(inside, "the volume lies outside the source series", {
    where,
    hint: "give the series that the synthetic CT was made of",
  });
}

async function storedHu(
  volume: Volume,
  signal: AbortSignal | undefined,
): Promise<{ stored: Int16Array; clipped: number }> {
  const { slope, intercept } = volume.scaling;
  const stored = new Int16Array(volume.size);
  let clipped = 0;
  for (let i = 0; i < stored.length; i++) {
    if (i % 4_000_000 === 0) await breathe(signal);
    const hu = Math.round(slope * volume.data[i]! + intercept);
    if (Number.isNaN(hu))
      fail("invalid-argument", `voxel ${i} is no number`, {
        where: { call: "encodeCtSeries" },
        hint: "fill it, e.g. with -1024",
      });
    if (hu < -32768 || hu > 32767) clipped++;
    stored[i] = Math.min(32767, Math.max(-32768, hu));
  }
  // DICOM here is little endian, as all machines that run JavaScript engines of note are.
  return { stored, clipped };
}

/** The instances that a slice was made of: the nearest parallel one, or all where the source lies in other planes. */
function nearest(
  sources: readonly DicomFile[],
  frames: readonly Frame[],
  volume: Volume,
  axes: readonly [Triple, Triple, Triple],
  position: Triple,
): readonly number[] {
  const centre = along(
    along(position, ((volume.shape[0] - 1) / 2) * volume.spacing[0], axes[0]),
    ((volume.shape[1] - 1) / 2) * volume.spacing[1],
    axes[1],
  );
  let best = Number.POSITIVE_INFINITY;
  let file = sources[0]!;
  for (const frame of frames) {
    const normal = cross(frame.row, frame.column);
    if (Math.abs(dot(normal, axes[2])) < 0.99) return sources.map((_, n) => n);
    const distance = Math.abs(dot(normal, centre) - dot(normal, frame.position));
    if (distance < best) {
      best = distance;
      file = frame.file;
    }
  }
  return [sources.indexOf(file)];
}

function required(value: string | undefined, keyword: string, where: Where): string {
  return (
    value ??
    fail("invalid-file", `no ${keyword}, which a CT must share with it`, { where, hint: "fix the source" })
  );
}

/** Text as DICOM takes it in any character set. */
function textOf(text: string, length: number): string {
  return text
    .replace(/[^\x20-\x5b\x5d-\x7e]+/g, " ")
    .trim()
    .slice(0, length);
}

function toLps([x, y, z]: Triple): Triple {
  return [x === 0 ? 0 : -x, y === 0 ? 0 : -y, z];
}
