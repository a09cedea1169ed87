import { splitName } from "../../../road/data/index.ts";
import { byName, dicomFolders, INPUT_FILES, type NamedVolume, volumesAmong } from "../case-folder.ts";
import { type DatasetLayout, inputNames } from "./layout.ts";

/** All in one folder: `1BA001_mr.nii.gz` and `1BA001_ct.nii.gz`, or `mr_1BA001.nii.gz`; DICOM folders of such names do as well. */
export const flat: DatasetLayout = {
  name: "flat",
  pattern: `<id>_ct.* with <id>_${INPUT_FILES}.* in one folder`,
  async find({ path, files, folders }, options) {
    const { labels = [], formats } = options;
    const names = inputNames(options);
    const words = ["ct", "mask", ...names, ...labels];
    const split = (name: string) => splitName(name, words);
    const cases = new Map<string, NamedVolume[]>();
    for (const { name, path: file } of [
      ...volumesAmong(path, files, formats),
      ...(await dicomFolders(
        path,
        folders.filter((name) => split(name)),
      )),
    ]) {
      const [id, word] = split(name) ?? [];
      if (id === undefined || word === undefined) continue;
      cases.set(id, [...(cases.get(id) ?? []), { name: word, path: file }]);
    }
    const found = [...cases].map(([id, volumes]) => {
      const own = byName(`${path} (${id})`, volumes);
      return { id, where: `${path} (${id})`, files: own, inputs: names.filter((name) => own.has(name)) };
    });
    const paired = found.filter((one) => one.files.has("ct") || one.inputs.length > 0);
    const near = `${found.length} ids end or begin with a name (${[...new Set(found.flatMap((one) => [...one.files.keys()]))].join(", ")})`;
    return found.length > 0 ? { cases: paired, near } : { cases: paired };
  },
};
