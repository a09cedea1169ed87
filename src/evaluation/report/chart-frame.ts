import { type Html, html } from "./html.ts";
import type { ChartAxis } from "./line-chart.ts";
import { significant } from "./number-text.ts";

/** Margins around a chart for the words of its axes. */
const MARGIN = { left: 58, right: 16, top: 22, bottom: 40 };
/** About the width of a letter. */
const LETTER = 6.5;

/** Where values lie in a chart, in its own units. */
export interface Places {
  readonly across: (value: number) => number;
  readonly up: (value: number) => number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A chart's axes and what is drawn between them. */
export interface FrameParts {
  /** Description for screen readers. */
  readonly label: string;
  readonly size: readonly [width: number, height: number];
  readonly x: ChartAxis;
  /** Without it there is no y axis, and `up` counts from 0 at the top to 1 at the bottom. */
  readonly y?: ChartAxis;
  readonly draw: (places: Places) => Html;
}

/** Axes with ticks, a grid, and inside them what `draw` gives. */
export function chartFrame({ label, size: [width, height], x, y, draw }: FrameParts): Html {
  const left = y ? MARGIN.left : MARGIN.right;
  const right = width - MARGIN.right;
  const top = y ? MARGIN.top : 8;
  const bottom = height - MARGIN.bottom;
  const across = (value: number) => round(left + ((right - left) * (value - x.low)) / (x.high - x.low));
  const up = (value: number) =>
    round(y ? bottom - ((bottom - top) * (value - y.low)) / (y.high - y.low) : top + (bottom - top) * value);
  const places = { across, up, left, right, top, bottom };
  return html`<svg class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">
<g class="grid">${y ? y.ticks.map((tick) => html`<path d="M${left} ${up(tick)}H${right}"/>`) : x.ticks.map((tick) => html`<path d="M${across(tick)} ${top}V${bottom}"/>`)}</g>
<g class="axis"><path d="M${left} ${bottom}H${right}"/>${x.ticks.map((tick) => html`<path d="M${across(tick)} ${bottom}v4"/>`)}</g>
${draw(places)}
<g class="text" aria-hidden="true">
${y?.ticks.map((tick) => html`<text class="y" x="${left - 8}" y="${up(tick) + 4}">${(y.text ?? significant)(tick)}</text>`)}
${x.ticks.map((tick) => html`<text class="x" x="${across(tick)}" y="${bottom + 18}">${(x.text ?? significant)(tick)}</text>`)}
${y ? html`<text class="title y" x="4" y="11">${y.title}</text>` : undefined}
<text class="title x" x="${right}" y="${height - 6}">${x.title}</text>
</g>
</svg>`;
}

/** Lines at a height from end to end, each with words at its right end; words that would overlap move apart. */
export function levels(
  { up, left, right, top, bottom }: Places,
  lines: readonly { readonly value: number; readonly text: string; readonly kind: string }[],
): Html {
  const sorted = [...lines].sort((a, b) => b.value - a.value);
  let last = top - 6;
  const drawn = sorted.map(({ value, text, kind }) => {
    const y = up(value);
    const words = Math.min(bottom - 4, Math.max(y - 5, last + 14));
    last = words;
    return html`<g class="level ${kind}"><path d="M${left} ${y}H${right}"/></g><text class="end" aria-hidden="true" x="${right}" y="${round(words)}">${text}</text>`;
  });
  return html`${drawn}`;
}

/** The words beside a point: to its right, or to its left where the chart ends. */
export function pointLabel(text: string, x: number, y: number, { right }: Places): Html {
  const short = shortened(text);
  const fits = x + 7 + LETTER * short.length < right;
  return html`<text class="point ${fits ? "" : "end"}" aria-hidden="true" x="${round(fits ? x + 7 : x - 7)}" y="${round(y + 4)}">${short}</text>`;
}

/** Long ids keep their ends, which tell cases apart. */
export function shortened(text: string): string {
  const letters = [...text];
  return letters.length <= 14 ? text : `${letters.slice(0, 5).join("")}…${letters.slice(-8).join("")}`;
}

/** About the width of a text in a chart. */
export function textWidthOf(text: string): number {
  return LETTER * [...text].length;
}

export function round(pixels: number): number {
  return Math.round(100 * pixels) / 100;
}
