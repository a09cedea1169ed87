import { join } from "node:path";
import { byName, entriesOf, type NamedVolume, volumesAmong } from "../case-folder.ts";
import { type DatasetLayout, type FindOptions, type FoundCase, inputNames, some } from "./layout.ts";

/** BIDS names of sequences, and ours. */
const SUFFIXES: ReadonlyMap<string, string> = new Map([
  ["t1w", "t1"],
  ["t2w", "t2"],
  ["pdw", "pd"],
]);

/**
 * A tree as BIDS has it: `sub-01/[ses-1/]anat/sub-01_T1w.nii.gz`, `sub-01/[ses-1/]ct/sub-01_ct.nii.gz`. A session with a CT and an input
 * is a case; a subject whose CT and inputs are in different sessions is one. Sessions of a subject stay in one part.
 */
export const bids: DatasetLayout = {
  name: "bids",
  pattern: "sub-<id>/[ses-<id>/]<folder>/sub-<id>_T1w.* (T2w, FLAIR, PDw, mr, cbct) with sub-<id>_ct.*",
  async find({ path, folders }, options) {
    const cases: FoundCase[] = [];
    const suffixes = new Set<string>();
    const subjects = folders.filter((name) => name.startsWith("sub-"));
    for (const subject of subjects) {
      const where = join(path, subject);
      const sessions = (await entriesOf(where)).folders.filter((name) => name.startsWith("ses-"));
      const own = await volumesBelow(where, sessions, options);
      const found = [];
      for (const session of sessions) {
        const volumes = await volumesBelow(join(where, session), [], options);
        own.push(...volumes);
        found.push({ id: `${subject}_${session}`, where: join(where, session), volumes });
      }
      for (const { name } of own) suffixes.add(name);
      const whole = found.filter(({ volumes }) => isWhole(volumes, options));
      for (const one of whole.length > 0 ? whole : [{ id: subject, where, volumes: own }]) {
        const files = byName(one.where, one.volumes);
        const inputs = inputNames(options).filter((name) => files.has(name));
        if (files.has("ct") || inputs.length > 0)
          cases.push({ id: one.id, patient: subject, where: one.where, files, inputs });
      }
    }
    if (subjects.length === 0) return { cases };
    return {
      cases,
      near: `${subjects.length} folders sub-*, with ${some([...suffixes], 8) || "no volumes"}`,
    };
  },
};

function isWhole(volumes: readonly NamedVolume[], options: FindOptions): boolean {
  const names = new Set(volumes.map(({ name }) => name));
  return (
    (names.has("ct") || options.withoutCt === true) && inputNames(options).some((name) => names.has(name))
  );
}

/** Volumes of the names that are asked for, one folder below. */
async function volumesBelow(
  folder: string,
  except: readonly string[],
  options: FindOptions,
): Promise<NamedVolume[]> {
  const known = ["ct", "mask", ...inputNames(options), ...(options.labels ?? [])];
  const found: NamedVolume[] = [];
  for (const kind of (await entriesOf(folder)).folders.filter((name) => !except.includes(name))) {
    const inside = join(folder, kind);
    for (const { name, path } of volumesAmong(inside, (await entriesOf(inside)).files, options.formats)) {
      const suffix = name.slice(name.lastIndexOf("_") + 1).toLowerCase();
      const own = SUFFIXES.get(suffix) ?? suffix;
      if (known.includes(own)) found.push({ name: own, path });
    }
  }
  return found;
}
