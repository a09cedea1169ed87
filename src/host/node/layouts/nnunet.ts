import { join } from "node:path";
import { assert, fail } from "../../../base/errors/index.ts";
import { entriesOf, volumesAmong } from "../case-folder.ts";
import { isFile, readFileBytes } from "../files.ts";
import type { DatasetLayout, FindOptions, FoundCase, Place } from "./layout.ts";

/**
 * nnU-Net's raw data: `imagesTr/ID_0000.nii.gz` a channel, named in dataset.json; the CT in `targetsTr/ID.nii.gz` or, as the forks for
 * synthesis have it, in `labelsTr`. A folder `masksTr` may hold masks. What is in `imagesTs` is left out.
 */
export const nnunet: DatasetLayout = {
  name: "nnunet",
  pattern:
    "imagesTr/<id>_0000.* with the CT in targetsTr/<id>.* or labelsTr/<id>.*, channels named in dataset.json",
  async find(place, options) {
    if (!place.folders.includes("imagesTr")) return { cases: [] };
    const targets = ["targetsTr", "labelsTr"].find((name) => place.folders.includes(name));
    if (targets === undefined)
      return { cases: [], near: "there is imagesTr, but neither targetsTr nor labelsTr" };
    const cts = await volumesIn(place, targets, options);
    const masks = await volumesIn(place, "masksTr", options);
    const channels = await channelNames(place);
    const images = new Map<string, Map<string, string>>();
    for (const [name, path] of await volumesIn(place, "imagesTr", options)) {
      const [, id, number] = /^(.+)_(\d{4})$/.exec(name) ?? [];
      if (id === undefined || number === undefined) continue;
      const channel = channels?.get(Number(number)) ?? (Number(number) === 0 ? "mr" : `mr${Number(number)}`);
      images.set(id, (images.get(id) ?? new Map()).set(channel, path));
    }
    const cases = [...images].map(([id, inputs]): FoundCase => {
      const others = Object.entries({ ct: cts.get(id), mask: masks.get(id) });
      const files = new Map([
        ...inputs,
        ...others.flatMap(([name, path]) => (path ? [[name, path] as const] : [])),
      ]);
      return { id, where: join(place.path, "imagesTr", id), files, inputs: [...inputs.keys()] };
    });
    return { cases, near: "imagesTr holds no files <id>_0000.*" };
  },
};

/** Paths by name without extension; none where the folder is absent. */
async function volumesIn({ path, folders }: Place, name: string, { formats }: FindOptions) {
  if (!folders.includes(name)) return new Map<string, string>();
  const folder = join(path, name);
  const { files } = await entriesOf(folder);
  return new Map(volumesAmong(folder, files, formats).map((one) => [one.name, one.path]));
}

/** By number: `channel_names` of version 2, `modality` of version 1. `undefined` without a dataset.json. */
async function channelNames({ path }: Place): Promise<ReadonlyMap<number, string> | undefined> {
  const file = join(path, "dataset.json");
  if (!(await isFile(file))) return undefined;
  let said: Readonly<Record<string, unknown>>;
  try {
    said = JSON.parse(new TextDecoder().decode(await readFileBytes(file)));
  } catch (cause) {
    return fail("invalid-file", `is no JSON (${cause instanceof Error ? cause.message : cause})`, {
      where: file,
    });
  }
  const names = Object.entries((said?.channel_names ?? said?.modality ?? {}) as Record<string, unknown>).map(
    ([number, name]) => [Number(number), String(name).trim().toLowerCase()] as const,
  );
  const all = names.map(([, name]) => name);
  assert(
    new Set(all).size === all.length && !all.includes("ct") && !all.includes("mask"),
    `its channels are ${all.join(", ")}: each needs a name of its own, and ct and mask are taken`,
    { where: file, hint: "name the channels in channel_names, e.g. t1 or cbct" },
  );
  return new Map(names.map(([number, name]) => [number, name === "mri" ? "mr" : name]));
}
