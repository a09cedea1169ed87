import type { VolumeFormat } from "../../../imaging/formats/index.ts";
import { type SplitShares, USUAL_INPUTS } from "../../../road/data/index.ts";
import { type CaseFiles, entriesOf } from "../case-folder.ts";
import { isFolder } from "../files.ts";

/** Where a dataset is looked for: a folder, or a table of files. */
export interface Place {
  readonly path: string;
  /** Names of what is in the folder; empty for a table. */
  readonly files: readonly string[];
  readonly folders: readonly string[];
  readonly table: boolean;
}

/** What a layout is asked for. */
export interface FindOptions {
  /** Names that count as inputs beside the usual ones. */
  readonly inputs?: readonly string[];
  /** Of the inputs, those that a case may lack. */
  readonly optional?: readonly string[];
  readonly labels?: readonly string[];
  /** Of a table: its columns by what they are, `{ ct: "planning_ct" }`, where they are not called so. */
  readonly columns?: Readonly<Record<string, string>>;
  readonly formats?: readonly VolumeFormat[];
  /** Cases without a CT are looked for too, for synthesis. Default false. */
  readonly withoutCt?: boolean;
}

/** A case that a layout finds. */
export interface FoundCase {
  readonly id: string;
  /** Cases of one patient stay in one part. Default: the id. */
  readonly patient?: string;
  /** Where it was imaged, as far as the dataset says: parts get their share of each centre. */
  readonly centre?: string;
  /** Where the dataset says itself which part the case is of; null: of none. */
  readonly part?: keyof SplitShares | null;
  /** For messages. */
  readonly where: string;
  /** Files or folders by name in lower case: "ct" and "mask", and inputs and labels by theirs. */
  readonly files: CaseFiles;
  /** Of the names, those that are inputs. */
  readonly inputs: readonly string[];
}

/** What a layout finds. */
export interface Found {
  readonly cases: readonly FoundCase[];
  /** Where it is no dataset: what looks like one, and what is missing to it. */
  readonly near?: string;
  /** Names of what is there and no case uses, e.g. columns of a table. */
  readonly unused?: readonly string[];
}

/** How the files of a dataset lie on disk. */
export interface DatasetLayout {
  readonly name: string;
  /** In words, for messages and help: "<id>_mr.* and <id>_ct.* in one folder". */
  readonly pattern: string;
  /** Names alone are looked at. No cases where it is laid out in another way. @throws MidashError for a dataset that contradicts itself */
  find(place: Place, options: FindOptions): Promise<Found>;
}

/** A file that is to be a table is looked for when it is read. @throws MidashError `not-found` or `io` */
export async function placeOf(path: string): Promise<Place> {
  if (/\.(csv|tsv|json)$/i.test(path) && !(await isFolder(path)))
    return { path, files: [], folders: [], table: true };
  return { path, ...(await entriesOf(path)), table: false };
}

/** The names that count as inputs, in channel order. */
export function inputNames({ inputs = [] }: FindOptions): readonly string[] {
  return [...new Set([...inputs, ...USUAL_INPUTS])];
}

/** "3 of them, a, b, c": names for messages. */
export function some(names: readonly string[], most = 4): string {
  return names.length > most
    ? `${names.slice(0, most).join(", ")} and ${names.length - most} more`
    : names.join(", ");
}
