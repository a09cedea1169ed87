import { assert, fail } from "../../../base/errors/index.ts";
import { Volume } from "../../volume/index.ts";
import type { FormatReadOptions, Source } from "../format.ts";
import { checkVoxels } from "../guards.ts";
import { type DicomFile, parseFile } from "./file.ts";
import { segmentsOf, segmentVoxels } from "./segments.ts";
import { contourVoxels, roisOf } from "./structure-set.ts";

/** A structure of an RTSTRUCT file, or a segment of a SEG file. */
export interface StructureInfo {
  /** In the file; 1, 2, ... for segments. */
  readonly number: number;
  /** What people called it: "Brain", "PTV_60". Need not be unique. */
  readonly name: string;
  /** Of contours (RTSTRUCT), or of voxels (SEG). */
  readonly kind: "contours" | "segment";
}

/** Options of {@link readStructure}. */
export interface ReadStructureOptions extends Pick<FormatReadOptions, "limits" | "signal"> {
  /** The image that the structure was drawn on: the mask gets its grid, and its frame of reference must be the structure's where both say one. */
  readonly like: Volume;
  /** Name or number. May be left out when the file has one structure. */
  readonly structure?: string | number;
}

/** Radiation Therapy Structure Set, Segmentation, Label Map Segmentation. */
const RTSTRUCT = "1.2.840.10008.5.1.4.1.1.481.3";
const SEG = ["1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"];

/** Whether a file's first bytes say that it is an RTSTRUCT or a SEG. A gzipped one can't be told by them. */
export function holdsStructures(head: Uint8Array): boolean {
  const text = String.fromCharCode(...head.subarray(128, 544));
  // MediaStorageSOPClassUID: always explicit little endian, in the first group, behind its length.
  const at = text.startsWith("DICM") ? text.indexOf("\x02\x00\x02\x00UI") : -1;
  const kind = at < 0 ? undefined : /^[\d.]+/.exec(text.slice(at + 8))?.[0];
  return kind !== undefined && kindOf(kind) !== undefined;
}

function kindOf(sopClass: string): StructureInfo["kind"] | undefined {
  if (sopClass === RTSTRUCT) return "contours";
  return SEG.includes(sopClass) ? "segment" : undefined;
}

/**
 * The structures of an RTSTRUCT file, or the segments of a SEG file, in the file's order.
 *
 * @throws MidashError `invalid-file`, `unsupported` (another kind of file), `limit`, `missing-package` or `aborted`
 */
export async function listStructures(
  source: Source,
  options: Pick<FormatReadOptions, "limits" | "signal"> = {},
): Promise<readonly StructureInfo[]> {
  return structuresOf(await parseFile(source, options)).map(({ info }) => info);
}

/**
 * One structure of an RTSTRUCT or SEG file as a mask on the grid of an image: uint8, 1 inside, 0 outside. A voxel is inside
 * when its centre is, and a contour in a contour is a hole. `meta.structure` is its name, `meta.notes`
 * say what was skipped, or that another grid's voxels were taken.
 *
 * @example
 * const brain = await readStructure({ name: "rtstruct.dcm", bytes }, { like: ct, structure: "Brain" });
 *
 * @throws MidashError `not-found` for a name that is not there, with those that are; `invalid-argument` when none is given and there are
 *   several; `grid-mismatch` for another frame of reference, or a structure outside the image; `unsupported` for contours across the image's planes, and
 *   structures without closed contours; `invalid-file`, `limit`, `missing-package` or `aborted`
 */
export async function readStructure(source: Source, options: ReadStructureOptions): Promise<Volume> {
  const { like, structure, limits, signal } = options;
  assert(Volume.is(like), "must be the image that the structure belongs to", {
    where: { call: "readStructure", option: "like" },
  });
  const file = await parseFile(source, { limits, signal });
  const { where } = file;
  const found = pick(structuresOf(file), structure, where);
  const imageFrame = like.meta.frameOfReferenceUID;
  if (imageFrame !== undefined && found.frame !== undefined && found.frame !== imageFrame)
    fail(
      "grid-mismatch",
      `"${found.info.name}" has the frame of reference ${found.frame}, the image ${imageFrame}`,
      { where, hint: "give the image that it was drawn on" },
    );
  checkVoxels(like.shape[0] * like.shape[1] * like.shape[2], limits, where);
  const { data, notes } = await found.voxels(like, { limits, signal });
  const meta = {
    format: "DICOM",
    modality: found.info.kind === "contours" ? "RTSTRUCT" : "SEG",
    structure: found.info.name,
    ...(notes.length > 0 ? { notes } : {}),
  };
  return new Volume({ shape: like.shape, affine: like.affine, data, meta });
}

/** A structure that can be drawn. */
interface Structure {
  readonly info: StructureInfo;
  readonly frame: string | undefined;
  voxels(
    like: Volume,
    options: Pick<FormatReadOptions, "limits" | "signal">,
  ): ReturnType<typeof segmentVoxels>;
}

function structuresOf(file: DicomFile): readonly Structure[] {
  const { elements, where } = file;
  const kind = kindOf(elements.text("SOPClassUID") ?? elements.text("MediaStorageSOPClassUID") ?? "");
  if (kind === "contours")
    return roisOf(file).map((roi) => ({
      info: { number: roi.number, name: roi.name, kind },
      frame: roi.frameOfReference,
      voxels: (like, { signal }) => contourVoxels(roi, like, { where, signal }),
    }));
  if (kind === "segment")
    return segmentsOf(file).map((segment) => ({
      info: { ...segment, kind },
      frame: elements.text("FrameOfReferenceUID"),
      voxels: (like, options) => segmentVoxels(file, segment, like, options),
    }));
  return fail(
    "unsupported",
    `a DICOM file of ${elements.text("Modality") ?? "no modality"} has no structures`,
    {
      where,
      hint: "give an RTSTRUCT or a SEG",
    },
  );
}

function pick(all: readonly Structure[], wanted: string | number | undefined, where: string): Structure {
  if (all.length === 0) fail("invalid-file", "holds no structure", { where, hint: "check the file" });
  if (wanted === undefined) {
    if (all.length === 1) return all[0]!;
    return fail("invalid-argument", `holds ${all.length} structures: ${listed(all)}`, {
      where,
      hint: [["choose one by ", { option: "structure" }, ": its name or number"]],
    });
  }
  const text = String(wanted).trim();
  const tests: readonly ((info: StructureInfo) => boolean)[] = [
    ({ name }) => name === text,
    ({ number }) => String(number) === text,
    ({ name }) => name.toLowerCase() === text.toLowerCase(),
  ];
  for (const test of tests) {
    const found = all.filter(({ info }) => test(info));
    if (found.length === 1) return found[0]!;
    if (found.length > 1)
      fail("invalid-argument", `"${text}" fits ${found.length} structures: ${listed(found)}`, {
        where,
        hint: "give the number",
      });
  }
  return fail("not-found", `no structure "${text}"; there are: ${listed(all)}`, { where });
}

function listed(all: readonly Structure[]): string {
  const shown = all.slice(0, 40).map(({ info }) => `${info.name || "(no name)"} (${info.number})`);
  return shown.join(", ") + (all.length > 40 ? `, and ${all.length - 40} more` : "");
}
