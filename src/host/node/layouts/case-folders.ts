import { join } from "node:path";
import { byName, dicomFolders, entriesOf, INPUT_FILES, volumesAmong } from "../case-folder.ts";
import { type DatasetLayout, type FoundCase, inputNames, some } from "./layout.ts";

/** SynthRAD packs a folder of pictures of this name beside its cases. */
const NO_CASE = "overview";

/** A folder a case, as SynthRAD: `1BA001/mr.mha`, `1BA001/ct.mha`; folders `mr`, `ct`, `mask` of DICOM files do as well. */
export const caseFolders: DatasetLayout = {
  name: "synthrad",
  pattern: `<case>/ct with <case>/${INPUT_FILES}, files or DICOM folders`,
  async find({ path, folders }, options) {
    const { labels = [], formats } = options;
    const names = inputNames(options);
    const known = ["ct", "mask", ...names, ...labels];
    const cases: FoundCase[] = [];
    const others = new Set<string>();
    for (const id of folders.filter((folder) => folder !== NO_CASE)) {
      const where = join(path, id);
      const inside = await entriesOf(where);
      const named = inside.folders.filter((name) => known.includes(name.toLowerCase()));
      const files = byName(where, [
        ...volumesAmong(where, inside.files, formats),
        ...(await dicomFolders(where, named)),
      ]);
      const inputs = names.filter((name) => files.has(name));
      if (files.has("ct") || inputs.length > 0) cases.push({ id, where, files, inputs });
      else for (const name of files.keys()) others.add(name);
    }
    if (cases.length > 0 || others.size === 0) return { cases };
    return { cases, near: `folders hold ${some([...others])}, none is ct or ${INPUT_FILES}` };
  },
};
