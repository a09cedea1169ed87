import { fail } from "../../base/errors/index.ts";
import { readFileBytes } from "./files.ts";

/** Columns that say whose row it is. */
export const ID_COLUMNS = ["id", "case", "patient"] as const;

/** A row of a table, cells by column in lower case; empty cells are "". */
export type Row = Readonly<Record<string, string>>;

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
