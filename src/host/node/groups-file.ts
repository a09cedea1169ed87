import { assert, fail, orNearest } from "../../base/errors/index.ts";
import { columnsOf, ID_COLUMNS, readRows } from "./table-rows.ts";

/** Groups of cases as a file says them. */
export interface Groups {
  /** The column's name. */
  readonly by: string;
  /** Group by case id. */
  readonly groupOf: ReadonlyMap<string, string>;
}

/**
 * Groups from a CSV, TSV or JSON table with a column `id` (or `case`, `patient`) and one that groups, e.g. `centre`; empty cells group nobody.
 *
 * @param by the column. Default: the only one beside the ids
 * @throws MidashError `not-found`, `io`, `invalid-file`; `invalid-argument` for a column that is not there
 */
export async function readGroups(path: string, by?: string): Promise<Groups> {
  const rows = await readRows(path);
  const columns = columnsOf(rows);
  const id = ID_COLUMNS.find((name) => columns.includes(name));
  if (id === undefined)
    return fail(
      "invalid-file",
      `has no column ${ID_COLUMNS.join(" or ")}: its columns are ${columns.join(", ") || "none"}`,
      {
        where: path,
      },
    );
  const others = columns.filter((name) => name !== id);
  const chosen = by?.toLowerCase() ?? (others.length === 1 ? others[0]! : undefined);
  if (chosen === undefined)
    return fail("invalid-argument", `has ${others.length} columns that may group: ${others.join(", ")}`, {
      where: path,
      hint: [["choose one by ", { option: "groupBy" }]],
    });
  assert(others.includes(chosen), `has no column "${chosen}"`, {
    where: path,
    hint: orNearest(chosen, others),
  });
  const groupOf = new Map<string, string>();
  for (const { cells, place } of rows) {
    const [name = "", group = ""] = [cells[id], cells[chosen]];
    assert(!groupOf.has(name) || groupOf.get(name) === group, `"${name}" is in two groups`, {
      where: `${path} (${place})`,
      hint: "give each case one row",
    });
    if (name !== "" && group !== "") groupOf.set(name, group);
  }
  return { by: chosen, groupOf };
}
