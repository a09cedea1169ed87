import { breathe, MidashError } from "../../../base/errors/index.ts";
import type { Triple } from "../../volume/index.ts";
import type { FileSource, FormatReadOptions, LeftOut, Source } from "../format.ts";
import { openSeries } from "./open-series.ts";
import { groupReadable, type Series, type SeriesInfo } from "./series.ts";
import { startsOf } from "./times.ts";
import { volumesOf } from "./volumes.ts";

/** One volume of a series. */
export interface ListedVolume {
  /** Voxels along rows, along columns, slices. */
  readonly shape: Triple;
  /** What tells it from the series' other volumes; empty when it is the only one. */
  readonly label: string;
  /** Seconds after the series' first volume, of a dynamic series. */
  readonly time?: number;
}

/** A series with its volumes. Patients and studies are numbered in the order of their series; who they are is not said. */
export interface ListedSeries extends SeriesInfo {
  readonly patient: number;
  readonly study: number;
  /** Name of its first file. */
  readonly first: string;
  readonly volumes: readonly ListedVolume[];
  /** Why it can't be read, when it can't. */
  readonly problem?: string;
  /** Files of the series that are no part of its volumes. */
  readonly leftOut: readonly LeftOut[];
}

/** What is among files. */
export interface VolumeListing {
  readonly series: readonly ListedSeries[];
  /** Files that belong to no series of images: reports, plans, files of other kinds. */
  readonly others: readonly LeftOut[];
  /** Files that can't be read, and why: damaged ones, those that are named .dcm and are none, those that nobody may read. */
  readonly unreadable: readonly UnreadableFile[];
}

/** A file that can't be read. */
export interface UnreadableFile {
  readonly file: string;
  readonly why: string;
}

/**
 * The series among files, and the volumes in each. What can't be read says why, and does not hinder the others.
 *
 * @throws MidashError `missing-package` or `aborted`
 */
export async function listVolumes(
  files: readonly (Source | FileSource)[],
  options: Pick<FormatReadOptions, "limits" | "signal"> = {},
): Promise<VolumeListing> {
  const groups = await groupReadable(files, options);
  const unreadable = groups.errors.map(unreadableFile);
  const [patients, studies] = [new Numbering(), new Numbering()];
  const series: ListedSeries[] = [];
  for (const one of groups.series) {
    await breathe(options.signal);
    const { heads, ...info } = one;
    const head = heads[0]!;
    const patient = patients.of(head.patient);
    const study = studies.of(`${patient}/${head.study}`);
    const { error, ...found } = await volumesIn(one, options);
    const problem = error && { problem: error.message };
    series.push({ ...info, patient, study, first: head.where, ...found, ...problem });
    if (error && heads.some(({ where }) => where === error.where)) unreadable.push(unreadableFile(error));
  }
  return { series, others: groups.others, unreadable };
}

function unreadableFile({ where = "DICOM data", what }: MidashError): UnreadableFile {
  return { file: where, why: what };
}

async function volumesIn(
  series: Series,
  options: Pick<FormatReadOptions, "limits" | "signal">,
): Promise<Pick<ListedSeries, "volumes" | "leftOut"> & { readonly error?: MidashError }> {
  try {
    const { stacks, leftOut } = volumesOf(await openSeries(series, options), "series");
    const times =
      stacks.length > 1 ? startsOf(stacks.map(({ frames }) => frames.map((f) => f.times))) : undefined;
    const volumes = stacks.map(({ frames, label }, n): ListedVolume => {
      const [nx, ny] = frames[0]!.size;
      return { shape: [nx, ny, frames.length], label, ...(times ? { time: times[n]! } : {}) };
    });
    return { volumes, leftOut };
  } catch (error) {
    if (!MidashError.is(error) || error.kind === "aborted" || error.kind === "missing-package") throw error;
    return { volumes: [], leftOut: [], error };
  }
}

/** Numbers things from 1, in the order in which they come. */
class Numbering {
  readonly #numbers = new Map<string, number>();

  of(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.#numbers.size + 1);
    return this.#numbers.size;
  }
}
