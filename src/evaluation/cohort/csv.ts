import { assert, type Where } from "../../base/errors/index.ts";
import type { CohortCaseResult } from "./cohort-case.ts";
import { scoredOf } from "./cohort-case.ts";
import { measuresOf } from "./measures.ts";

/** One row of a cohort's CSV. */
export interface CohortRow {
  readonly id: string;
  readonly status: "scored" | "failed";
  /** Measures by name (`mae`, `mae.bone`); NaN where one is undefined. Empty for a case that failed. */
  readonly values: Readonly<Record<string, number>>;
  /** Why it failed, or what was left out. */
  readonly reason: string;
}

/** Columns before and after the measures. */
const BEFORE = ["id", "status", "preset", "simulated", "mask_rule", "data_range", "voxels"] as const;
const AFTER = "reason";

/**
 * The results as CSV (RFC 4180, UTF-8, LF): a row a case, with preset, mask rule and data range, each measure in full precision under its name and
 * unit (`mae_hu`, `psnr_db`, `mae.bone_hu`), and the reason where a case failed.
 */
export function cohortCsv(cases: readonly CohortCaseResult[]): string {
  const columns = new Map<string, string>();
  for (const { report } of scoredOf(cases))
    for (const { name, value } of measuresOf(report))
      columns.set(name, value.unit ? `${name}_${value.unit.toLowerCase()}` : name);
  const rows = cases.map((one) => {
    if (one.status === "failed")
      return [
        one.id,
        one.status,
        ...BEFORE.slice(2).map(() => ""),
        ...[...columns].map(() => ""),
        one.reason,
      ];
    const { report, id, status, note = "" } = one;
    const measures = new Map(measuresOf(report).map(({ name, value }) => [name, value.value]));
    const { maskRule, voxels } = report.mae;
    const range = (report.psnr.dataRange ?? []).join(" to ");
    const about = [id, status, report.preset, String(report.simulated), maskRule, range, String(voxels)];
    return [...about, ...[...columns.keys()].map((name) => String(measures.get(name) ?? Number.NaN)), note];
  });
  return csvText([[...BEFORE, ...columns.values(), AFTER], ...rows]);
}

/** Rows of cells as CSV (RFC 4180, LF). */
export function csvText(rows: readonly (readonly string[])[]): string {
  return `${rows.map((cells) => cells.map(quoted).join(",")).join("\n")}\n`;
}

/**
 * Reads what {@link cohortCsv} wrote: the same numbers, to the last bit.
 *
 * @throws MidashError `invalid-argument` for text that is no such CSV
 */
export function readCohortCsv(text: string): CohortRow[] {
  const where = { call: "readCohortCsv" };
  const [head = [], ...rows] = parseCsv(text, where);
  for (const [n, name] of BEFORE.entries())
    assert(head[n] === name, `column ${n + 1} must be "${name}", is "${head[n] ?? ""}"`, { where });
  assert(head.at(-1) === AFTER, `the last column must be "${AFTER}"`, { where });
  const names = head.slice(BEFORE.length, -1).map((column) => column.replace(/_(hu|db|mm)$/, ""));
  return rows.map((cells, n) => {
    assert(cells.length === head.length, `row ${n + 2} has ${cells.length} cells, not ${head.length}`, {
      where,
    });
    const [id = "", status] = cells;
    assert(status === "scored" || status === "failed", `row ${n + 2}: unknown status "${status}"`, { where });
    const numbers = names.map((name, m) => {
      const cell = cells[BEFORE.length + m]!;
      const value = Number(cell);
      assert(
        status === "failed" || (cell !== "" && (!Number.isNaN(value) || cell === "NaN")),
        `row ${n + 2}: "${cell}" is no number`,
        { where },
      );
      return [name, value] as const;
    });
    const values = status === "scored" ? Object.fromEntries(numbers) : {};
    return { id, status, values, reason: cells.at(-1)! };
  });
}

function quoted(cell: string): string {
  return /[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** Rows of cells; line ends may be LF or CRLF. */
function parseCsv(text: string, where: Where): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  while (cell.lastIndex < text.length) {
    const at = cell.lastIndex;
    const found = cell.exec(text);
    assert(found, `can't be read as CSV from character ${at}`, { where });
    row.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? "");
    if (found[3] === ",") continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
