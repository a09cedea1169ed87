import { breathe, fail } from "../../../base/errors/index.ts";
import type { FormatReadOptions, Source } from "../format.ts";
import { isGzip } from "../gzip.ts";
import { type DicomFile, holdsImage, parseFile } from "./file.ts";
import { isDicom } from "./sniff.ts";

/** One series of a folder, as {@link listSeries} finds it. Nothing in it says who the patient is, unless a description does. */
export interface SeriesInfo {
  readonly uid: string;
  /** Series Number, which people see; it need not be unique. */
  readonly number: number | undefined;
  /** "MR", "CT", ... */
  readonly modality: string | undefined;
  readonly description: string | undefined;
  /** How many of the files belong to it. */
  readonly files: number;
}

/** A series and its files, as parsed. */
export interface Series extends SeriesInfo {
  readonly parsed: readonly DicomFile[];
}

/**
 * The series among files, by Series Number. What is no DICOM image (DICOMDIR, reports, plans, other files) is passed over.
 *
 * @throws MidashError `invalid-file` that names a damaged DICOM file, `missing-package` or `aborted`
 */
export async function listSeries(
  files: readonly Source[],
  options: Pick<FormatReadOptions, "limits" | "signal"> = {},
): Promise<readonly SeriesInfo[]> {
  return (await groupSeries(files, options)).map(({ parsed: _, ...info }) => info);
}

export async function groupSeries(
  files: readonly Source[],
  options: Pick<FormatReadOptions, "limits" | "signal">,
): Promise<readonly Series[]> {
  const groups = new Map<string, DicomFile[]>();
  for (const [n, source] of files.entries()) {
    if (n % 32 === 0) await breathe(options.signal);
    const zipped = isGzip(source.bytes) && /\.dcm\.gz$/i.test(source.name ?? "");
    if (!zipped && !isDicom(source.bytes)) {
      if (/\.dcm$/i.test(source.name ?? ""))
        fail("invalid-file", "named .dcm, but it is no DICOM file", {
          where: source.name,
          hint: "get the file again, or remove it",
        });
      continue;
    }
    const file = await parseFile(source, options);
    if (!holdsImage(file)) continue;
    const uid = file.elements.text("SeriesInstanceUID");
    if (uid === undefined)
      fail("invalid-file", "no SeriesInstanceUID", { where: file.where, hint: "get the file again" });
    const group = groups.get(uid);
    if (group) group.push(file);
    else groups.set(uid, [file]);
  }
  return [...groups]
    .map(([uid, parsed]) => ({ ...seriesInfo(uid, parsed), parsed }))
    .sort((a, b) => (a.number ?? 0) - (b.number ?? 0) || (a.uid < b.uid ? -1 : 1));
}

/**
 * The one series that `wanted` names: by UID or the beginning of it, by number, or by description.
 *
 * @throws MidashError `invalid-argument` that lists the series when none or several fit, or nothing was named and there are several;
 *   `invalid-file` when there is none at all
 */
export function pickSeries(series: readonly Series[], wanted: string | undefined, where: string): Series {
  if (series.length === 0)
    fail("invalid-file", "no DICOM image among the files", {
      where,
      hint: "check that this is the right folder",
    });
  if (wanted === undefined) {
    if (series.length === 1) return series[0]!;
    return fail("invalid-argument", `${series.length} series: ${listedSeries(series)}`, {
      where,
      hint: [["choose one by ", { option: "series" }, ": its UID, number or description"]],
    });
  }
  const tests: readonly ((s: Series) => boolean)[] = [
    (s) => s.uid === wanted,
    (s) => String(s.number) === wanted,
    (s) => s.description === wanted,
    (s) => s.uid.startsWith(wanted),
    (s) => s.description?.toLowerCase() === wanted.toLowerCase(),
  ];
  for (const test of wanted === "" ? [] : tests) {
    const found = series.filter(test);
    if (found.length === 1) return found[0]!;
    if (found.length > 1)
      fail("invalid-argument", `"${wanted}" fits ${found.length} series: ${listedSeries(found)}`, {
        where,
        hint: "pass the whole UID",
      });
  }
  return fail("invalid-argument", `no series "${wanted}"; there are: ${listedSeries(series)}`, { where });
}

function seriesInfo(uid: string, [first, ...others]: readonly DicomFile[]): SeriesInfo {
  const { elements } = first!;
  const number = elements.text("SeriesNumber");
  return {
    uid,
    number: number !== undefined && Number.isFinite(Number(number)) ? Number(number) : undefined,
    modality: elements.text("Modality"),
    description: elements.label("SeriesDescription"),
    files: 1 + others.length,
  };
}

function listedSeries(series: readonly Series[]): string {
  const shown = series
    .slice(0, 20)
    .map(
      ({ uid, number, modality, description, files }) =>
        `${uid} (number ${number ?? "none"}, ${modality ?? "no modality"}, ${description ? `"${description}"` : "no description"}, ${files} file${files === 1 ? "" : "s"})`,
    );
  return shown.join(", ") + (series.length > 20 ? `, and ${series.length - 20} more` : "");
}
