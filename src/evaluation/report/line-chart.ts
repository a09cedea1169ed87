/**
 * Charts of the report, as SVG of our own: a chart library draws on a canvas, which needs scripts, does not follow the theme or the printer, and
 * says nothing to a screen reader. The report's one script is a function (client.ts), written into the page as text.
 */

import { type Html, html } from "./html.ts";
import { significant } from "./number-text.ts";

/** One axis of a chart. */
export interface ChartAxis {
  readonly title: string;
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  /** Values have a logarithmic scale; both ends are above 0. */
  readonly log?: boolean;
  readonly text?: (tick: number) => string;
}

/** A line through points. */
export interface ChartLine {
  /** Class of the styles: `ct`, `sct`, `series`. */
  readonly kind: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** A dot at each point. */
  readonly dots?: boolean;
  /** The area below is tinted. */
  readonly area?: boolean;
}

/** A chart drawn as SVG: sharp in print, coloured by the page's styles, readable without scripts. */
export interface ChartParts {
  /** Description for screen readers. */
  readonly label: string;
  readonly size: readonly [width: number, height: number];
  readonly x: ChartAxis;
  readonly y: ChartAxis;
  readonly lines: readonly ChartLine[];
  /** Upright lines with a word at the top. */
  readonly marks?: readonly { readonly x: number; readonly text: string; readonly kind: string }[];
  /** One upright line that the page's script moves, at this x. */
  readonly cursor?: number;
}

const MARGIN = { left: 52, right: 14, bottom: 40 };
/** About the width of a letter. */
const LETTER = 6.5;
/** Room above: for the title of the y axis, and for the words of marks below it. */
const TOP = { plain: 20, marked: 34 };

/** Where a value of the x axis lies in a chart of this width. */
export function placeAcross(axis: ChartAxis, width: number, value: number): number {
  const length = width - MARGIN.left - MARGIN.right;
  return round(MARGIN.left + length * share(axis, value));
}

export function lineChart({ label, size, x, y, lines, marks = [], cursor }: ChartParts): Html {
  const [width, height] = size;
  const bottom = height - MARGIN.bottom;
  const right = width - MARGIN.right;
  const top = marks.length > 0 ? TOP.marked : TOP.plain;
  const across = (value: number) => placeAcross(x, width, value);
  const up = (value: number) => round(bottom - (bottom - top) * share(y, value));
  const path = (points: ChartLine["points"]) =>
    points.map(([a, b], n) => `${n === 0 ? "M" : "L"}${across(a)} ${up(b)}`).join("");
  return html`<svg class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">
<g class="grid">${y.ticks.map((tick) => html`<path d="M${MARGIN.left} ${up(tick)}H${right}"/>`)}</g>
<g class="axis"><path d="M${MARGIN.left} ${bottom}H${right}"/>${x.ticks.map((tick) => html`<path d="M${across(tick)} ${bottom}v4"/>`)}</g>
${marks.map((mark) => html`<g class="mark ${mark.kind}"><path d="M${across(mark.x)} ${top}V${bottom}"/></g>`)}
${lines.map(
  ({ kind, points, dots, area }) => html`<g class="line ${kind}">
${area && points.length > 0 ? html`<path class="area" d="${path(points)}L${across(points.at(-1)![0])} ${bottom}L${across(points[0]![0])} ${bottom}Z"/>` : undefined}
<path class="stroke" d="${path(points)}"/>
${dots ? points.map(([a, b]) => html`<circle cx="${across(a)}" cy="${up(b)}" r="3"/>`) : undefined}</g>`,
)}
<g class="text" aria-hidden="true">
${y.ticks.map((tick) => html`<text class="y" x="${MARGIN.left - 8}" y="${up(tick) + 4}">${(y.text ?? significant)(tick)}</text>`)}
${x.ticks.map((tick) => html`<text class="x" x="${across(tick)}" y="${bottom + 18}">${(x.text ?? significant)(tick)}</text>`)}
<text class="title y" x="${MARGIN.left - 8}" y="11">${y.title}</text>
<text class="title x" x="${right}" y="${height - 6}">${x.title}</text>
${wordsFit(marks.map((mark) => [across(mark.x), mark.text])) ? marks.map((mark) => markText(mark, across(mark.x), right)) : undefined}
</g>
${cursor === undefined ? undefined : html`<g data-cursor transform="translate(${across(cursor)} 0)"><path class="cursor" d="M0 ${top - 4}V${bottom + 4}"/></g>`}
</svg>`;
}

/** False where the words of neighbouring marks would run into each other: then none is written. */
function wordsFit(words: readonly (readonly [x: number, text: string])[]): boolean {
  return words.every(([x, text], n) => {
    const next = words[n + 1];
    return !next || x + LETTER * text.length + 8 < next[0];
  });
}

function markText(
  { text, kind }: { readonly text: string; readonly kind: string },
  x: number,
  right: number,
): Html {
  const fits = x + 4 + LETTER * text.length < right;
  return html`<text class="mark ${kind} ${fits ? "" : "end"}" x="${fits ? x + 4 : x - 4}" y="${TOP.marked - 5}">${text}</text>`;
}

function share({ low, high, log }: ChartAxis, value: number): number {
  return log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
}

function round(pixels: number): number {
  return Math.round(100 * pixels) / 100;
}

/** A chart in two sizes, of which the page shows the one that fits: shrunk, its words would be too small to read. */
export function inTwoSizes(
  sizes: readonly (readonly [number, number])[],
  draw: (size: readonly [number, number]) => Html,
): Html {
  return html`${sizes.map((size, n) => html`<div class="${n === 0 ? "on-wide" : "on-narrow"}">${draw(size)}</div>`)}`;
}

/** A key to the lines of a chart. */
export function legend(entries: readonly (readonly [kind: string, text: string])[]): Html {
  return html`<ul class="legend">${entries.map(([kind, text]) => html`<li><svg viewBox="0 0 24 10" aria-hidden="true"><g class="line ${kind}"><path class="stroke" d="M1 5H23"/></g></svg>${text}</li>`)}</ul>`;
}

/** Ends that give the values some air, so that no line runs along an edge. */
export function around(values: readonly number[], fromZero = false): readonly [low: number, high: number] {
  const low = fromZero ? Math.min(0, ...values) : Math.min(...values);
  const high = Math.max(...values);
  const air = 0.08 * (high - low || Math.abs(high) || 1);
  return [fromZero && low === 0 ? 0 : low - air, high + air];
}
