import { chartFrame, type Places, pointLabel, round, shortened, textWidthOf } from "./chart-frame.ts";
import { niceTicks } from "./colour-bar.ts";
import { type Html, html } from "./html.ts";
import { around } from "./line-chart.ts";

/** Labels of outliers in one row at most; the table has them all. */
const MAX_LABELS = 8;
/** Height of one row. */
const ROW = 92;
/** Points are spread over this share of a row, below its words. */
const SPREAD = 0.3;
/** Where steps of this length land never repeats, and never bunches. */
const GOLDEN = 0.618033988749895;

/** One box: a model's cases. */
export interface BoxRow {
  readonly name: string;
  readonly values: readonly { readonly id: string; readonly value: number }[];
  readonly q1: number;
  readonly median: number;
  readonly q3: number;
  readonly mean: number;
}

/** Tukey's whiskers: to the outermost cases within 1.5 times the quartiles' distance; all others are outliers. */
export function whiskers({ values, q1, q3 }: BoxRow): {
  readonly low: number;
  readonly high: number;
  readonly outliers: readonly { readonly id: string; readonly value: number }[];
} {
  const reach = 1.5 * (q3 - q1);
  const within = values.map(({ value }) => value).filter((v) => v >= q1 - reach && v <= q3 + reach);
  const outliers = values.filter(({ value }) => value < q1 - reach || value > q3 + reach);
  return { low: Math.min(...within), high: Math.max(...within), outliers };
}

/** Boxes lying on one axis, every case a point, outliers with their ids. */
export function boxPlot(parts: {
  readonly label: string;
  readonly title: string;
  readonly width: number;
  readonly rows: readonly BoxRow[];
}): Html {
  const { label, title, width, rows } = parts;
  const [low, high] = around(rows.flatMap(({ values }) => values.map(({ value }) => value)));
  const ticks = niceTicks(low, high, width > 400 ? 6 : 4);
  const size = [width, ROW * rows.length + 48] as const;
  const draw = (places: Places) => html`${rows.map((row, n) => boxRow(row, n, rows.length, places))}`;
  return chartFrame({ label, size, x: { title, low, high, ticks }, draw });
}

function boxRow(row: BoxRow, n: number, rows: number, places: Places): Html {
  const { across, up, left } = places;
  const at = (share: number) => up((n + share) / rows);
  const middle = at(0.66);
  const half = (at(1) - at(0)) * 0.2;
  const { low, high, outliers } = whiskers(row);
  const out = new Set(outliers.map(({ id }) => id));
  const spread = (m: number) => round(middle + (((m * GOLDEN) % 1) - 0.5) * SPREAD * (at(1) - at(0)));
  const [q1, median, q3, mean] = [row.q1, row.median, row.q3, row.mean].map(across) as [
    number,
    number,
    number,
    number,
  ];
  return html`<g class="box ${n === 0 ? "first" : "second"}">
<path class="whisker" d="M${across(low)} ${middle}H${q1}M${q3} ${middle}H${across(high)}M${across(low)} ${middle - half / 2}v${half}M${across(high)} ${middle - half / 2}v${half}"/>
<rect x="${Math.min(q1, q3)}" y="${round(middle - half)}" width="${round(Math.max(1, q3 - q1))}" height="${round(2 * half)}"/>
${row.values.map(({ id, value }, m) => html`<circle class="${out.has(id) ? "outlier" : ""}" cx="${across(value)}" cy="${spread(m)}" r="3"><title>${id}</title></circle>`)}
<path class="median" d="M${median} ${round(middle - half)}v${round(2 * half)}"/>
<path class="mean" d="M${mean} ${round(middle - 5)}l5 5l-5 5l-5 -5Z"/>
</g>
<g aria-hidden="true">${rows > 1 ? html`<text x="${left}" y="${round(at(0.14))}">${shortened(row.name)}</text>` : undefined}${outlierLabels(row, outliers, spread, places, at)}</g>`;
}

/** Ids beside outliers, on two lines above the points where they would run into each other. */
function outlierLabels(
  row: BoxRow,
  outliers: readonly { readonly id: string; readonly value: number }[],
  spread: (m: number) => number,
  places: Places,
  at: (share: number) => number,
): Html {
  const { across } = places;
  const ends = [0, 0].map(() => Number.NEGATIVE_INFINITY);
  const sorted = [...outliers].sort((a, b) => a.value - b.value);
  const shown =
    sorted.length > MAX_LABELS ? [...sorted.slice(0, 2), ...sorted.slice(2 - MAX_LABELS)] : sorted;
  const lines = shown.map(({ id, value }) => {
    const x = across(value);
    const width = textWidthOf(shortened(id));
    const start = x + 7 + width < places.right ? x + 7 : x - 7 - width;
    const line = ends.findIndex((end) => start > end + 4);
    if (line < 0) return undefined; // its point has a title, and the table its number
    ends[line] = start + width;
    const y = spread(row.values.findIndex((one) => one.id === id));
    const lifted = round(at(line === 0 ? 0.4 : 0.26));
    return html`<path class="leader" d="M${x} ${y - 3}V${lifted}"/>${pointLabel(id, x, lifted, places)}`;
  });
  return html`${lines}`;
}
