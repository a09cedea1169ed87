import { dirname, resolve } from "node:path";
import { fail } from "../../../base/errors/index.ts";
import { exists } from "../files.ts";
import { maskPath } from "../masks.ts";
import { partNamed } from "../split-file.ts";
import { readRows } from "../table-rows.ts";
import type { DatasetLayout, FoundCase } from "./layout.ts";

/** Columns that are no files. */
const FACTS = ["id", "patient", "split"];
/** Columns of files that are no inputs. */
const OTHERS = ["ct", "mask"];

/**
 * A CSV, TSV or JSON file that says a row a case: columns `ct`, inputs by name (`mr`, `t1`, ...), and if wanted `id`, `patient`, `mask` (also
 * NAME@FILE) and `split` (train, validation or test). JSON is a list of such records. Paths are files or DICOM folders, from the table's own folder. Empty cells are absent.
 */
export const table: DatasetLayout = {
  name: "table",
  pattern: "a .csv, .tsv or .json with columns ct, mr (or t1, ...), and if wanted id, patient, mask, split",
  async find(place, { labels = [] }) {
    if (!place.table) return { cases: [] };
    const rows = await readRows(place.path);
    const cases: FoundCase[] = [];
    for (const [n, row] of rows.entries()) {
      const where = `${place.path} (row ${n + 1})`;
      const files = new Map<string, string>();
      for (const [column, cell] of Object.entries(row)) {
        if (FACTS.includes(column) || cell === "") continue;
        files.set(column, await pathOf(cell, column, dirname(place.path), where));
      }
      const inputs = [...files.keys()].filter((name) => ![...OTHERS, ...labels].includes(name));
      const { id = "", patient = "", split } = row;
      cases.push({
        id: id === "" ? `row-${n + 1}` : id,
        ...(patient === "" ? {} : { patient }),
        ...(split === undefined ? {} : { part: partNamed(split, where) }),
        ...{ where, files, inputs },
      });
    }
    const ids = cases.map(({ id }) => id);
    const twice = ids.find((id, n) => ids.indexOf(id) !== n);
    if (twice !== undefined)
      fail("invalid-file", `holds the id ${twice} twice`, {
        where: place.path,
        hint: "give each row its own",
      });
    return { cases, near: `its columns are ${Object.keys(rows[0] ?? {}).join(", ") || "none"}` };
  },
};

async function pathOf(cell: string, column: string, folder: string, where: string): Promise<string> {
  const path = resolve(folder, cell);
  if (await exists(path)) return path;
  const [, name, file] = column === "mask" ? (/^([^@]+)@(.+)$/.exec(cell) ?? []) : [];
  if (name !== undefined && file !== undefined) {
    const mask = await maskPath(`${name}@${resolve(folder, file)}`);
    if (await exists(mask.file)) return `${mask.name}@${mask.file}`;
  }
  return fail("not-found", `${column}: no such file or folder: ${path}`, { where, hint: "check the path" });
}
