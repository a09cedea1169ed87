import { join, relative } from "node:path";
import { assert, fail } from "../../../base/errors/index.ts";
import { entriesOf } from "../case-folder.ts";
import { type DatasetLayout, type FoundCase, some } from "./layout.ts";

/** Where files lie, by what they are: `{ mr: "<id>/T1.nii.gz", ct: "<id>/CT.nii.gz" }`. */
export type FilePatterns = Readonly<Record<string, string>>;

const where = { call: "openDataset", option: "pattern" };

/**
 * Files found by patterns of their paths below the folder: `<id>` and other words in angle brackets make up the case's id, `<patient>` says whose it is
 * too, `<centre>` where it was imaged, `*` is any letters. Without such words the first `*` is the id. Words and `*` stop at the ends of names of folders. What matches may be a DICOM folder.
 *
 * @param options `withoutCt`: for synthesis, where no CT needs to be there
 * @throws MidashError `invalid-argument` for patterns that can't be
 */
export function patternLayout(
  patterns: FilePatterns,
  { withoutCt = false }: { readonly withoutCt?: boolean } = {},
): DatasetLayout {
  const parts = Object.entries(patterns).map(([name, pattern]) => ({
    name: name.toLowerCase(),
    pattern,
    parts: partsOf(pattern),
  }));
  assert(withoutCt || parts.some(({ name }) => name === "ct"), "names no ct", {
    where,
    hint: "e.g. mr=*/T1.nii.gz and ct=*/CT.nii.gz",
  });
  const wordsOf = ({ parts: all }: (typeof parts)[number]) =>
    all.flatMap(({ source }) => [...source.matchAll(/\(\?<(\w+)>/g)].map(([, word]) => word!));
  const order = wordsOf(parts[0]!);
  for (const part of parts)
    assert(
      [...wordsOf(part)].sort().join() === [...order].sort().join(),
      `${part.name} has other words than ${parts[0]!.name}`,
      {
        where,
        hint: `write ${order.map((word) => `<${word}>`).join(" and ")} in each, once, and * for what else differs`,
      },
    );
  return {
    name: "pattern",
    pattern: Object.entries(patterns)
      .map(([name, pattern]) => `${name}=${pattern}`)
      .join(", "),
    async find({ path, table, files, folders }, { labels = [] }) {
      assert(!table, "is for a folder", { where, hint: "leave it out, or give the folder" });
      const cases = new Map<string, { files: Map<string, string>; patient?: string; centre?: string }>();
      for (const { name, pattern, parts: expressions } of parts) {
        const found = await matches(path, expressions);
        if (found.length === 0 && !(withoutCt && name === "ct"))
          fail("not-found", `the pattern of ${name} matched no file: ${pattern}`, {
            where: path,
            hint: `correct it: the folder holds ${some([...folders, ...files]) || "nothing"}`,
          });
        for (const { file, words } of found) {
          const id = order.map((word) => words[word]).join("_");
          const one = cases.get(id) ?? { files: new Map<string, string>() };
          if (words.patient !== undefined) one.patient = words.patient;
          if (words.centre !== undefined) one.centre = words.centre;
          const other = one.files.get(name);
          assert(
            other === undefined,
            `two files are the ${name} of ${id}: ${relative(path, other ?? "")}, ${relative(path, file)}`,
            {
              where: path,
              hint: "write words in angle brackets in place of * until each case has an id of its own",
            },
          );
          one.files.set(name, file);
          cases.set(id, one);
        }
      }
      return {
        cases: [...cases].map(([id, { files, ...facts }]): FoundCase => {
          const inputs = [...files.keys()].filter((name) => !["ct", "mask", ...labels].includes(name));
          return { id, ...facts, where: `${path} (${id})`, files, inputs };
        }),
      };
    },
  };
}

/** One expression for the name of each folder on the way, and of the file. */
function partsOf(pattern: string): readonly RegExp[] {
  assert(!pattern.startsWith("/") && !pattern.split("/").includes(".."), `"${pattern}" leaves the folder`, {
    where,
    hint: "write the path below it",
  });
  assert(!pattern.includes("**"), `"${pattern}" holds **`, { where, hint: "write one * for each folder" });
  const named = pattern.includes("<") ? pattern : pattern.replace("*", "<id>");
  assert(/<\w+>/.test(named), `"${pattern}" does not say what the id is`, {
    where,
    hint: "write <id> or * in its place",
  });
  return named.split("/").map((part) => {
    const escaped = part.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
    return new RegExp(`^${escaped.replace(/<(\w+)>/g, "(?<$1>.+)")}$`, "i");
  });
}

interface Match {
  readonly file: string;
  readonly words: Readonly<Record<string, string>>;
}

/** What matches below a folder, in the order of names. */
async function matches(folder: string, [first, ...rest]: readonly RegExp[]): Promise<readonly Match[]> {
  const { files, folders } = await entriesOf(folder);
  const names = rest.length > 0 ? folders : [...files, ...folders];
  const found: Match[] = [];
  for (const name of names.sort()) {
    const match = first!.exec(name);
    if (!match) continue;
    const words = { ...match.groups };
    const path = join(folder, name);
    if (rest.length === 0) found.push({ file: path, words });
    else
      for (const below of await matches(path, rest))
        found.push({ ...below, words: { ...words, ...below.words } });
  }
  return found;
}
