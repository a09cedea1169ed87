import { dirname, resolve } from "node:path";
import { fail } from "../../../base/errors/index.ts";
import { exists, readFileBytes } from "../files.ts";
import { maskPath } from "../masks.ts";
import type { DatasetLayout, FoundCase } from "./layout.ts";

type Row = Readonly<Record<string, string>>;

/** Columns that are no inputs. */
const OTHERS = ["id", "patient", "ct", "mask"];

/**
 * A CSV, TSV or JSON file that says a row a case: columns `ct`, inputs by name (`mr`, `t1`, ...), and if wanted `id`, `patient`, `mask` (also
 * NAME@FILE). JSON is a list of such records. Paths are files or DICOM folders, from the table's own folder. Empty cells are absent.
 */
export const table: DatasetLayout = {
  name: "table",
  pattern: "a .csv, .tsv or .json with columns ct, mr (or t1, ...), and if wanted id, patient, mask",
  async find(place, { labels = [] }) {
    if (!place.table) return { cases: [] };
    const text = new TextDecoder().decode(await readFileBytes(place.path));
    const rows = /\.json$/i.test(place.path) ? jsonRows(text, place.path) : textRows(text, place.path);
    const cases: FoundCase[] = [];
    for (const [n, row] of rows.entries()) {
      const where = `${place.path} (row ${n + 1})`;
      const files = new Map<string, string>();
      for (const [column, cell] of Object.entries(row)) {
        if (column === "id" || column === "patient" || cell === "") continue;
        files.set(column, await pathOf(cell, column, dirname(place.path), where));
      }
      const inputs = [...files.keys()].filter((name) => ![...OTHERS, ...labels].includes(name));
      const { id = "", patient = "" } = row;
      cases.push({
        id: id === "" ? `row-${n + 1}` : id,
        ...(patient === "" ? {} : { patient }),
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

function jsonRows(text: string, where: string): readonly Row[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return fail("invalid-file", `is no JSON (${cause instanceof Error ? cause.message : cause})`, { where });
  }
  if (!Array.isArray(value))
    return fail("invalid-file", "must be a list of records", {
      where,
      hint: 'write [{ "id": "a", "mr": "a/mr.nii.gz", "ct": "a/ct.nii.gz" }, ...]',
    });
  return value.map((row: unknown, n) => {
    const entries = Object.entries((row ?? {}) as Record<string, unknown>);
    const odd = entries.find(([, cell]) => typeof cell !== "string" && cell !== null);
    if (typeof row !== "object" || odd)
      return fail("invalid-file", `record ${n + 1} must hold texts${odd ? `, ${odd[0]} is none` : ""}`, {
        where,
      });
    return Object.fromEntries(
      entries.map(([key, cell]) => [key.trim().toLowerCase(), String(cell ?? "").trim()]),
    );
  });
}

/** Cells may stand in quotes, with a quote in them doubled. The line of names says which mark separates. */
function textRows(text: string, where: string): readonly Row[] {
  const lines = text
    .replace(/^\ufeff/, "")
    .split(/\r\n?|\n/)
    .filter((line) => line.trim() !== "");
  const mark = [",", "\t", ";"].find((one) => lines[0]?.includes(one)) ?? ",";
  const cellsOf = (line: string) => {
    const cells = [""];
    for (const part of line.match(/"(?:[^"]|"")*"|[^"]/g) ?? []) {
      if (part === mark) cells.push("");
      else cells[cells.length - 1] += part.length > 1 ? part.slice(1, -1).replaceAll('""', '"') : part;
    }
    return cells.map((cell) => cell.trim());
  };
  const names = cellsOf(lines[0] ?? "").map((name) => name.toLowerCase());
  return lines.slice(1).map((line, n) => {
    const cells = cellsOf(line);
    if (cells.length !== names.length)
      fail("invalid-file", `row ${n + 1} has ${cells.length} cells, the line of names ${names.length}`, {
        where,
      });
    return Object.fromEntries(names.map((name, c) => [name, cells[c]!]));
  });
}
