import { fail } from "../../base/errors/index.ts";
import { readFileBytes } from "./files.ts";

/** Columns that say whose row it is. */
export const ID_COLUMNS = ["id", "case", "patient"] as const;

/** A row of a table. */
export interface Row {
  /** By column in lower case; empty cells are "". */
  readonly cells: Readonly<Record<string, string>>;
  /** For messages: "line 2" as editors count lines, of JSON "record 1". */
  readonly place: string;
}

/** The columns of all rows, in their order. */
export function columnsOf(rows: readonly Row[]): readonly string[] {
  return [...new Set(rows.flatMap(({ cells }) => Object.keys(cells)))];
}

/**
 * The rows of a CSV, TSV or JSON file. JSON is a list of records of texts; of the others the first line names the columns and says by its first mark
 * (comma, tab or semicolon) what separates cells.
 *
 * @throws MidashError `not-found`, `io`, `invalid-file`
 */
export async function readRows(path: string): Promise<readonly Row[]> {
  const text = new TextDecoder().decode(await readFileBytes(path));
  return /\.json$/i.test(path) ? jsonRows(parsedJson(text, path), path) : textRows(text, path);
}

/** @throws MidashError `invalid-file` */
export function parsedJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    return fail("invalid-file", `is no JSON (${cause instanceof Error ? cause.message : cause})`, { where });
  }
}

export function jsonRows(value: unknown, where: string): readonly Row[] {
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
    const cells = entries.map(([key, cell]) => [key.trim().toLowerCase(), String(cell ?? "").trim()]);
    return { cells: Object.fromEntries(cells), place: `record ${n + 1}` };
  });
}

/** Cells may stand in quotes, with a quote in them doubled. The line of names says which mark separates. */
function textRows(text: string, where: string): readonly Row[] {
  const lines = text
    .replace(/^\ufeff/, "")
    .split(/\r\n?|\n/)
    .map((line, n) => ({ line, place: `line ${n + 1}` }))
    .filter(({ line }) => line.trim() !== "");
  const mark = [",", "\t", ";"].find((one) => lines[0]?.line.includes(one)) ?? ",";
  const cellsOf = (line: string) => {
    const cells = [""];
    for (const part of line.match(/"(?:[^"]|"")*"|[^"]/g) ?? []) {
      if (part === mark) cells.push("");
      else cells[cells.length - 1] += part.length > 1 ? part.slice(1, -1).replaceAll('""', '"') : part;
    }
    return cells.map((cell) => cell.trim());
  };
  const names = cellsOf(lines[0]?.line ?? "").map((name) => name.toLowerCase());
  return lines.slice(1).map(({ line, place }) => {
    const cells = cellsOf(line);
    if (cells.length !== names.length)
      fail("invalid-file", `${place} has ${cells.length} cells, the line of names ${names.length}`, {
        where,
      });
    return { cells: Object.fromEntries(names.map((name, c) => [name, cells[c]!])), place };
  });
}
