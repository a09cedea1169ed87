import { basename, join, resolve } from "node:path";
import { assert, fail, MidashError } from "../../base/errors/index.ts";
import { dicom } from "../../imaging/formats/dicom/index.ts";
import { SNIFFED, type VolumeFormat } from "../../imaging/formats/index.ts";
import { caseFiles, usualInputs } from "./case-folder.ts";
import { casesInPart, type PartOptions } from "./case-part.ts";
import { volumesById } from "./cohort-folder.ts";
import { readFileHead } from "./files.ts";
import {
  type FilePatterns,
  type FindOptions,
  type FoundCase,
  LAYOUTS,
  type Place,
  patternLayout,
  placeOf,
  seriesIn,
} from "./layouts/index.ts";
import { masksById } from "./open-cohort.ts";

/** Options of {@link findMrs}. */
export interface FindMrsOptions extends PartOptions {
  /** Names that count as MR beside mr, t1, t2, flair, pd and cbct. Default: none. */
  readonly inputs?: readonly string[];
  /** Where the files lie, as `openDataset` takes it; `ct` may be left out. Default: as the layout has it. */
  readonly pattern?: FilePatterns;
  /** Of a table: its columns by what they are, as `openDataset` takes them. Default: none. */
  readonly columns?: FindOptions["columns"];
  /**
   * A folder of masks by case id, as `openCohort` takes it; or NAME@FOLDER for a structure. The mask of a case is then among its `files`, where there is one.
   * Default: the cases' own.
   */
  readonly masks?: string;
  /** Formats of the files. Default: `volumeFormats` and DICOM. */
  readonly formats?: readonly VolumeFormat[];
}

/**
 * The cases of a folder that hold an MR, with or without a CT, by id: laid out as a dataset (`openDataset`), one case's own folder, files `<id>.ext` or
 * `<id>_mr.ext` beside each other, or a folder of DICOM files for each. Only names are read, and of DICOM the first file of each series.
 *
 * @param path the folder, or a table of files
 * @returns nothing where the folder is one image, a DICOM series (also the only one below), or holds no MR
 * @throws MidashError `not-found`, `io`; `invalid-argument` for what contradicts itself
 */
export async function findMrs(path: string, options: FindMrsOptions = {}): Promise<readonly FoundCase[]> {
  const cases = await casesInPart(await casesIn(path, options), options, { call: "findMrs", where: path });
  if (options.masks === undefined || cases.length === 0) return cases;
  const masks = await masksById(options.masks, { formats: options.formats });
  return cases.map((found) => {
    const files = new Map(found.files);
    files.delete("mask");
    const mask = masks.get(found.id);
    return { ...found, files: mask === undefined ? files : files.set("mask", mask) };
  });
}

async function casesIn(path: string, options: FindMrsOptions): Promise<readonly FoundCase[]> {
  const { formats, pattern } = options;
  const place = await placeOf(path);
  assert(place.table || options.columns === undefined, "is for a table", {
    where: { call: "findMrs", option: "columns" },
    hint: "leave it out, or give the table",
  });
  if (pattern) {
    const { cases } = await patternLayout(pattern, { withoutCt: true }).find(place, options);
    return byId(cases.filter(({ inputs }) => inputs.length > 0));
  }
  if (await isSeries(place)) return [];
  const own = caseFiles(path, place.files, formats);
  const names = [...usualInputs(own), ...(options.inputs ?? []).filter((name) => own.has(name))];
  if (names.length > 0) return [{ id: basename(resolve(path)), where: path, files: own, inputs: names }];
  for (const layout of LAYOUTS) {
    const found = await layout.find(place, { ...options, withoutCt: true });
    const cases = found.cases.filter(({ inputs }) => inputs.length > 0);
    const one = layout.name === "dicom" && cases.length === 1 && cases[0]!.files.size === 1;
    if (cases.length > 0) return one ? [] : byId(cases);
    if (place.table)
      fail("invalid-file", `holds no MR: ${found.near}`, {
        where: path,
        hint: [
          "rename the column that holds the MR to mr",
          ["say which it is by ", { option: "columns" }, " mr=NAME"],
        ],
      });
  }
  const loose = await volumesById(path, "mr", { formats }).catch((error: unknown) => {
    if (MidashError.is(error) && error.kind === "not-found") return new Map<string, string>();
    throw error;
  });
  const folders = await seriesIn(path);
  const others = [...loose].filter(([, file]) => !folders.some((series) => series.path === file));
  if (folders.length === 1 && others.length === 0) return [];
  const series = folders.filter(({ kind }) => kind === "MR").map(({ name, path }) => [name, path] as const);
  return byId(
    [...others, ...series].map(([id, file]) => ({
      id,
      where: join(path, id),
      files: new Map([["mr", file]]),
      inputs: ["mr"],
    })),
  );
}

/** Whether files of the folder itself are DICOM. */
async function isSeries({ path, files }: Place): Promise<boolean> {
  for (const file of files) if (dicom.sniff(await readFileHead(join(path, file), SNIFFED))) return true;
  return false;
}

function byId(cases: readonly FoundCase[]): readonly FoundCase[] {
  return [...cases].sort((a, b) => (a.id < b.id ? -1 : 1));
}
