import { eachFile } from "../file-source.ts";
import type { FormatReadOptions, LeftOut } from "../format.ts";
import { type DicomFile, parseFile } from "./file.ts";
import type { ImageHead } from "./heads.ts";
import { assertPixels } from "./objects.ts";
import type { Series } from "./series.ts";

/** The files of a series that make up its volumes, whole. */
export interface OpenSeries {
  readonly files: readonly DicomFile[];
  readonly leftOut: readonly LeftOut[];
}

/**
 * Reads a series' files. Identical copies are read once, and what was filed with the slices and is none, such as a screen capture or a
 * page of doses, is left out.
 *
 * @throws MidashError `invalid-file` that names a damaged file, or what reading it throws
 */
export async function openSeries(
  { heads }: Series,
  options: Pick<FormatReadOptions, "limits" | "signal">,
): Promise<OpenSeries> {
  const leftOut: LeftOut[] = [];
  const slices = heads.filter(({ capture }) => !capture);
  for (const { where, capture } of heads)
    if (capture) leftOut.push({ file: where, why: "is a screen capture", doubtful: true });
  const read = await eachFile(slices, (head) => opened(head, options), options.signal);
  const once = withoutCopies(read, leftOut);
  const placed = once.filter(isPlaced);
  if (placed.length === 0) return { files: once, leftOut };
  for (const file of once)
    if (!isPlaced(file))
      leftOut.push({
        file: file.where,
        why: isColour(file)
          ? "is a colour image among slices"
          : "has no place in space, unlike the other slices",
        doubtful: true,
      });
  return { files: placed, leftOut };
}

async function opened(
  { file, where }: ImageHead,
  options: Pick<FormatReadOptions, "limits" | "signal">,
): Promise<DicomFile> {
  const parsed = await parseFile({ name: where, bytes: await file.read(undefined, options.signal) }, options);
  assertPixels(parsed.elements);
  return parsed;
}

/** Copies have the same bytes; what has the same UID and other bytes is for whoever reads on to refuse. */
function withoutCopies(files: readonly DicomFile[], leftOut: LeftOut[]): readonly DicomFile[] {
  const seen = new Map<string, DicomFile[]>();
  return files.filter((file) => {
    const { elements, where } = file;
    const bytes = elements.raw.byteArray;
    const key = `${elements.text("SOPInstanceUID")}/${elements.text("InstanceNumber")}/${bytes.length}`;
    const alike = seen.get(key) ?? [];
    const twin = alike.find((other) => sameBytes(other.elements.raw.byteArray, bytes));
    if (twin) leftOut.push({ file: where, why: `is a copy of ${twin.where}`, doubtful: true });
    else seen.set(key, [...alike, file]);
    return !twin;
  });
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function isPlaced(file: DicomFile): boolean {
  const { elements } = file;
  const grouped = elements.element("PerFrameFunctionalGroupsSequence") !== undefined;
  return !isColour(file) && (grouped || elements.text("ImagePositionPatient") !== undefined);
}

function isColour({ elements }: DicomFile): boolean {
  return (elements.us("SamplesPerPixel") ?? 1) !== 1;
}
