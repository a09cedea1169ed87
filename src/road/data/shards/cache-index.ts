import { fail, MidashError } from "../../../base/errors/index.ts";
import type { ImageOrigin } from "../../../imaging/volume/index.ts";
import type { PreparationJson } from "../../preparation/index.ts";
import type { LeftOutCase, SplitShares } from "../split.ts";
import type { CacheEntry } from "./cache-entry.ts";

/** `index.json` of a cache: prepared cases, a shard each. */
export interface CacheIndex {
  readonly schema: 1;
  readonly name: string;
  /** What the images are of. */
  readonly origin: ImageOrigin;
  /** What all cases were prepared by. */
  readonly preparation: PreparationJson;
  /** Ids by part. Cases that no part names are not used. */
  readonly split: Readonly<Record<keyof SplitShares, readonly string[]>>;
  readonly leftOut: readonly LeftOutCase[];
  readonly cases: readonly CacheEntry[];
}

/** The index as text, the same for the same cases in whatever order they were prepared. */
export function encodeIndex(index: CacheIndex): Uint8Array {
  const cases = [...index.cases].sort((a, b) => (a.id < b.id ? -1 : 1));
  return new TextEncoder().encode(`${JSON.stringify({ ...index, cases }, null, 1)}\n`);
}

/** @throws MidashError `invalid-file` for what is no index, or one that names cases that it does not hold */
export function parseIndex(bytes: Uint8Array, where: string): CacheIndex {
  let index: Partial<CacheIndex>;
  try {
    index = JSON.parse(new TextDecoder().decode(bytes)) as Partial<CacheIndex>;
  } catch (cause) {
    throw new MidashError("invalid-file", "is no JSON", { where, hint: "prepare the data again", cause });
  }
  const { schema, split, cases, preparation } = index;
  if (schema !== 1 || !split || !Array.isArray(cases) || !preparation)
    fail("invalid-file", "is no index of prepared cases", {
      where,
      hint:
        schema === undefined ? "give the folder that midash prepare wrote" : "a newer version may know it",
    });
  const ids = cases.map(({ id }) => id);
  const twice = ids.find((id, n) => ids.indexOf(id) !== n);
  if (twice !== undefined) fail("invalid-file", `holds the case ${twice} twice`, { where });
  const absent = Object.values(split)
    .flat()
    .find((id) => !ids.includes(id));
  if (absent !== undefined)
    fail("invalid-file", `its split names ${absent}, of which there is no shard`, {
      where,
      hint: "prepare the data to the end",
    });
  return index as CacheIndex;
}
