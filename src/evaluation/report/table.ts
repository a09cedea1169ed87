import { type Html, type HtmlValue, html } from "./html.ts";

/** A table of numbers: the first column names the rows. */
export interface TableParts {
  /** What one clicks to open it; without it the table is always open. */
  readonly summary?: string;
  readonly caption: string;
  readonly head: readonly string[];
  /** Never scrolls downwards: for tables that are short enough, and must be seen whole. */
  readonly whole?: boolean;
}

/** Columns of words; all others hold numbers, and stand to the right. */
const WORDS: ReadonlySet<string> = new Set([
  "Mask rule",
  "Class",
  "HU of the CT",
  "Measure",
  "Why undefined",
  "Reason",
  "Remark",
]);

/** Rows that are seen without scrolling; what holds more says so, and can be opened without a script. */
const FITTING = 11;

/** A table that scrolls sideways by itself where the page is narrow, also by keyboard. */
export function dataTable(
  { summary, caption, head, whole = false }: TableParts,
  rows: readonly (readonly HtmlValue[])[],
): Html {
  const long = !whole && rows.length > FITTING;
  const all = long
    ? html`<label class="all"><input type="checkbox"> Show all ${rows.length} rows at once</label>`
    : undefined;
  const table = html`${all}<div class="scroll${whole ? " whole" : ""}" role="region" aria-label="${caption}" tabindex="0"><table>
<caption>${caption}</caption>
<thead><tr>${head.map((title) => html`<th scope="col" class="${WORDS.has(title) ? "start" : ""}">${title}</th>`)}</tr></thead>
<tbody>${rows.map(([name, ...cells]) => html`<tr><th scope="row">${name}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>\n`)}</tbody>
</table></div>`;
  return summary === undefined ? table : html`<details><summary>${summary}</summary>${table}</details>`;
}
