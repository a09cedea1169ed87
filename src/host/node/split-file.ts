import { join } from "node:path";
import { assert, fail } from "../../base/errors/index.ts";
import type { SplitNames } from "../../road/data/index.ts";
import { exists, isFolder, readFileBytes } from "./files.ts";
import { columnsOf, ID_COLUMNS, jsonRows, parsedJson, type Row, readRows } from "./table-rows.ts";

/** What people call the parts. */
const PARTS: Readonly<Record<keyof SplitNames, readonly string[]>> = {
  train: ["train", "training"],
  validation: ["validation", "val", "valid"],
  test: ["test", "testing"],
};

/** The part that a cell says; null for an empty one. @throws MidashError `invalid-file` */
export function partNamed(cell: string, where: string): keyof SplitNames | null {
  if (cell === "") return null;
  const found = Object.entries(PARTS).find(([, words]) => words.includes(cell.toLowerCase()));
  if (found) return found[0] as keyof SplitNames;
  return fail("invalid-file", `the split "${cell}" is none`, {
    where,
    hint: "write train, validation or test, or leave the cell empty to leave the case out",
  });
}

/**
 * A split from a file: a CSV or TSV with columns `id` (a case or a patient) and `split`, or JSON: `{ "train": [...], "validation": [...], "test": [...] }`
 * (without `train` all others are), the same under `split` as in a run's `metrics.json`, or a list of such rows. Or the folder of a run that is done.
 *
 * @throws MidashError `not-found`, `io`, `invalid-file`
 */
export async function readSplit(given: string): Promise<SplitNames> {
  const path = (await isFolder(given)) ? join(given, "metrics.json") : given;
  if (path !== given && !(await exists(path)))
    fail("not-found", "holds no metrics.json, which a run writes at its end", {
      where: given,
      hint: "give the folder of a run that is done, or a file",
    });
  if (!/\.json$/i.test(path)) return splitOf(await readTexts(path), path);
  const whole = parsedJson(new TextDecoder().decode(await readFileBytes(path)), path);
  if (Array.isArray(whole)) return splitOf(jsonRows(whole, path), path);
  const { split: json = whole } = (whole ?? {}) as { readonly split?: unknown };
  for (const [part, names] of Object.entries((json ?? {}) as object)) {
    assert(part in PARTS, `names a part "${part}"`, {
      where: path,
      hint: `parts are ${Object.keys(PARTS).join(", ")}, in the file itself or under "split"`,
    });
    assert(
      Array.isArray(names) && names.every((name) => typeof name === "string"),
      `${part} is no list of names`,
      {
        where: path,
        hint: `write { "${part}": ["case-1", "case-2"] }`,
      },
    );
  }
  return json as SplitNames; // as just checked
}

/** A table that is no JSON. What has another ending is no split, whatever it holds. */
async function readTexts(path: string): Promise<readonly Row[]> {
  assert(/\.(csv|tsv)$/i.test(path) || !(await exists(path)), "is no .csv, .tsv or .json", {
    where: path,
    hint: "give such a file, or the folder of a run",
  });
  return readRows(path);
}

function splitOf(rows: readonly Row[], where: string): SplitNames {
  const columns = columnsOf(rows);
  const column = ID_COLUMNS.find((name) => columns.includes(name));
  assert(column && columns.includes("split"), `its columns are ${columns.join(", ") || "none"}`, {
    where,
    hint: "name them id and split",
  });
  const parts = rows.map(({ cells, place }) => partNamed(cells.split ?? "", `${where} (${place})`));
  const named = (wanted: keyof SplitNames) =>
    rows.flatMap(({ cells }, n) => (parts[n] === wanted ? (cells[column] ?? []) : []));
  return { train: named("train"), validation: named("validation"), test: named("test") };
}
