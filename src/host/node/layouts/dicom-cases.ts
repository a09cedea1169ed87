import { join } from "node:path";
import { assert } from "../../../base/errors/index.ts";
import { holdsStructures, listSeries } from "../../../imaging/formats/dicom/index.ts";
import { SNIFFED } from "../../../imaging/formats/index.ts";
import { byName, dicomFolders, entriesOf, type NamedVolume } from "../case-folder.ts";
import { readFileBytes } from "../files.ts";
import { type DatasetLayout, type FoundCase, inputNames, some } from "./layout.ts";

/**
 * A folder a case, with a folder a series in it, as scanners' exports are: `case/series/*.dcm`, or `case/study/series/*.dcm`. The first file of a
 * series says what it is: MR, CT, or an RTSTRUCT or SEG, which is the mask. Of several MR each goes by the name of its folder.
 */
export const dicomCases: DatasetLayout = {
  name: "dicom",
  pattern: "<case>/[<study>/]<series>/*.dcm, one series of CT and at least one of MR",
  async find({ path, folders }, options) {
    const cases: FoundCase[] = [];
    const kinds = new Set<string>();
    for (const id of folders) {
      const where = join(path, id);
      const series = await seriesIn(where);
      for (const { kind } of series) kinds.add(kind);
      const of = (wanted: string) => series.filter(({ kind }) => kind === wanted);
      const [ct, mr, mask] = [of("CT"), of("MR"), of("mask")];
      if (ct.length === 0 && mr.length === 0) continue;
      for (const [kind, found] of Object.entries({ CT: ct, "RTSTRUCT or SEG": mask }))
        assert(
          found.length < 2,
          `holds ${found.length} series of ${kind}: ${some(found.map(({ name }) => name))}`,
          {
            where,
            hint: "leave one, or say by a table which counts (layout table)",
          },
        );
      const inputs = mr.length === 1 ? [{ name: "mr", path: mr[0]!.path }] : mr;
      const files = byName(where, [
        ...ct.map((one) => ({ name: "ct", path: one.path })),
        ...mask.map((one) => ({ name: "mask", path: one.path })),
        ...inputs,
      ]);
      const wanted = options.inputs ? inputNames(options).filter((name) => files.has(name)) : undefined;
      cases.push({ id, where, files, inputs: wanted ?? inputs.map(({ name }) => name.toLowerCase()) });
    }
    return kinds.size === 0 ? { cases } : { cases, near: `DICOM series of ${[...kinds].join(", ")}` };
  },
};

interface SeriesFolder extends NamedVolume {
  readonly kind: string;
}

/** The series in a folder, and one folder further down. */
export async function seriesIn(folder: string): Promise<readonly SeriesFolder[]> {
  const { folders } = await entriesOf(folder);
  const found = [...(await dicomFolders(folder, folders))];
  for (const study of folders) {
    const inside = join(folder, study);
    found.push(...(await dicomFolders(inside, (await entriesOf(inside)).folders)));
  }
  const series: SeriesFolder[] = [];
  for (const { name, path } of found) {
    const file = join(path, (await entriesOf(path)).files.find((one) => one !== "DICOMDIR")!);
    const bytes = await readFileBytes(file);
    const structures = holdsStructures(bytes.subarray(0, SNIFFED));
    const kind = structures ? "mask" : (await listSeries([{ name: file, bytes }]))[0]?.modality;
    if (kind !== undefined) series.push({ name, path, kind });
  }
  return series;
}
