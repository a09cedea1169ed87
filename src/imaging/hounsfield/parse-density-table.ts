import { fail } from "../../base/errors/index.ts";
import { assertDensityTable, type DensityPoint, type DensityTable } from "./density-table.ts";

/** Options of {@link parseRedTable}. */
export interface ParseTableOptions {
  /** The table's name; also what errors call the text. Default "table". */
  readonly name?: string;
  /** What the second column is. Default `red`. */
  readonly quantity?: DensityTable["quantity"];
  /** Where the numbers are from. Default the name. */
  readonly source?: string;
}

/**
 * Reads a table of two columns, HU and relative electron density, as scanners' calibrations and matRad's `.hlut` files are written:
 * one point a line, separated by a comma, a semicolon, tabs or blanks. Empty lines, lines after `#`, and one line of
 * titles at the beginning are passed over. Decimal points only.
 *
 * @throws MidashError `invalid-argument`, naming the line at fault
 */
export function parseRedTable(text: string, options: ParseTableOptions = {}): DensityTable {
  const { name = "table", quantity = "red", source = name } = options;
  const points: DensityPoint[] = [];
  let titles = false;
  text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .forEach((line, n) => {
      const content = line.replace(/#.*$/, "").trim();
      if (content === "") return;
      const cells = content.split(/\s*[,;\t]\s*|\s+/);
      const numbers = cells.map((cell) => (cell === "" ? Number.NaN : Number(cell)));
      if (numbers.every(Number.isNaN) && points.length === 0 && !titles) {
        titles = true;
        return;
      }
      if (cells.length !== 2 || !numbers.every(Number.isFinite))
        fail(
          "invalid-argument",
          `line ${n + 1} must be two numbers, HU and density, got ${JSON.stringify(content.slice(0, 60))}`,
          { where: name, hint: 'e.g. "-1000,0.001"; decimals with a point' },
        );
      points.push({ hu: numbers[0]!, density: numbers[1]! });
    });
  const table: DensityTable = { name, quantity, source, points };
  assertDensityTable(table, name);
  return table;
}
