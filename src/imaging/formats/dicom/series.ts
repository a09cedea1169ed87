import { fail, type MidashError } from "../../../base/errors/index.ts";
import type { FileSource, FormatReadOptions, LeftOut, Source } from "../format.ts";
import { type ImageHead, NO_DICOM, readHeads } from "./heads.ts";

/** One series of a folder, as {@link listSeries} finds it. Nothing in it says who the patient is, unless a description does. */
export interface SeriesInfo {
  /** `undefined` where the files don't state one: they were taken for a series by study, number, modality and description. */
  readonly uid: string | undefined;
  /** Series Number, which people see; it need not be unique. */
  readonly number: number | undefined;
  /** "MR", "CT", ... */
  readonly modality: string | undefined;
  readonly description: string | undefined;
  /** How many of the files belong to it. */
  readonly files: number;
}

/** A series and the heads of its files. */
export interface Series extends SeriesInfo {
  readonly heads: readonly ImageHead[];
}

/** All series among files, and what else is among them. */
export interface SeriesGroups {
  readonly series: readonly Series[];
  readonly others: readonly LeftOut[];
  /** Of files that can't be read, so that nobody knows which series they belong to. */
  readonly errors: readonly MidashError[];
}

/**
 * The series among files, by Series Number; of each file no more is read than its header. What is no DICOM image (DICOMDIR, reports, plans,
 * segmentations, other files) is passed over.
 *
 * @throws MidashError `invalid-file` that names a damaged DICOM file, `missing-package` or `aborted`
 */
export async function listSeries(
  files: readonly (Source | FileSource)[],
  options: Pick<FormatReadOptions, "limits" | "signal"> = {},
): Promise<readonly SeriesInfo[]> {
  return (await groupSeries(files, options)).series.map(({ heads: _, ...info }) => info);
}

/** As {@link groupReadable}, of files that can all be read. @throws MidashError the first of their errors */
export async function groupSeries(
  files: readonly (Source | FileSource)[],
  options: Pick<FormatReadOptions, "limits" | "signal">,
): Promise<SeriesGroups> {
  const groups = await groupReadable(files, options);
  if (groups.errors[0]) throw groups.errors[0];
  return groups;
}

/** The series of the files that can be read. @throws MidashError `missing-package` or `aborted` */
export async function groupReadable(
  files: readonly (Source | FileSource)[],
  options: Pick<FormatReadOptions, "limits" | "signal">,
): Promise<SeriesGroups> {
  const { images, others, errors } = await readHeads(files, options);
  const groups = new Map<string, ImageHead[]>();
  for (const head of images) {
    const group = groups.get(head.key);
    if (group) group.push(head);
    else groups.set(head.key, [head]);
  }
  const series = [...groups.values()].map((heads): Series => {
    const { uid, number, modality, description } = heads.find(({ capture }) => !capture) ?? heads[0]!;
    return { uid, number, modality, description, files: heads.length, heads };
  });
  // A series of screen captures alone is no volume.
  const volumes = series.filter(({ heads }) => heads.some(({ capture }) => !capture));
  const captures = series.filter((one) => !volumes.includes(one)).flatMap(({ heads }) => heads);
  return {
    series: volumes.sort(
      (a, b) => (a.number ?? 0) - (b.number ?? 0) || ((a.uid ?? "") < (b.uid ?? "") ? -1 : 1),
    ),
    others: [
      ...others,
      ...captures.map(({ where }) => ({ file: where, why: "is a screen capture", doubtful: false })),
    ],
    errors,
  };
}

/**
 * The one series that `wanted` names: by UID or the beginning of it, by number, or by description.
 *
 * @throws MidashError `invalid-argument` that lists the series when none or several fit, or nothing was named and there are several;
 *   `invalid-file` when there is none at all
 */
export function pickSeries(
  { series, others }: Pick<SeriesGroups, "series" | "others">,
  wanted: string | undefined,
  where: string,
): Series {
  if (series.length === 0)
    fail("invalid-file", `no DICOM image among the files${countedOthers(others)}`, {
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
    (s) => s.uid?.startsWith(wanted) ?? false,
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

/** ", but an RT Structure Set, 2 reports": what else than files of other kinds there is. */
function countedOthers(others: readonly LeftOut[]): string {
  const counts = new Map<string, number>();
  for (const { why } of others) counts.set(why, (counts.get(why) ?? 0) + 1);
  counts.delete(NO_DICOM);
  const listed = [...counts].map(([why, n]) => (n === 1 ? `one ${why}` : `${n} times one ${why}`));
  return listed.length > 0 ? ` (of the files ${listed.join(", ")})` : "";
}

function listedSeries(series: readonly Series[]): string {
  const shown = series
    .slice(0, 20)
    .map(
      ({ uid, number, modality, description, files }) =>
        `${uid ?? "no UID"} (number ${number ?? "none"}, ${modality ?? "no modality"}, ${description ? `"${description}"` : "no description"}, ${files} file${files === 1 ? "" : "s"})`,
    );
  return shown.join(", ") + (series.length > 20 ? `, and ${series.length - 20} more` : "");
}
