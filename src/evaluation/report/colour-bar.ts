import type { Colour, ColourMap } from "../../imaging/display/index.ts";
import type { Canvas } from "./canvas.ts";
import { GLYPH_HEIGHT, textWidth } from "./font.ts";

const BAR = 16;
const SCALE = 2;

/** A legend of colours. */
export interface ColourBar {
  readonly title: string;
  readonly colours: ColourMap;
  readonly low: number;
  readonly high: number;
  /** Values with a label. */
  readonly ticks: readonly number[];
  /** Of labels: what stands at each tick in place of its number. */
  readonly names?: readonly string[];
}

/** Pixels across that a bar and its labels need. */
export function colourBarWidth(bar: ColourBar): number {
  const labels = Math.max(...bar.ticks.map((_, n) => textWidth(tickLabel(bar, n))));
  return Math.max(BAR + 8 + labels * SCALE, textWidth(bar.title) * SCALE);
}

/** Draws `bar` with its title at the top, `low` at the bottom, in `height` pixels. */
export function drawColourBar(
  canvas: Canvas,
  bar: ColourBar,
  x: number,
  y: number,
  height: number,
  ink: Colour,
): void {
  canvas.text(x, y, bar.title, ink, SCALE);
  const line = GLYPH_HEIGHT * SCALE;
  const top = y + 2 * line + 6;
  const length = height - 3 * line;
  for (let r = 0; r < length; r++) {
    const value = bar.high - ((bar.high - bar.low) * r) / (length - 1);
    canvas.rectangle(x, top + r, BAR, 1, bar.colours(value));
  }
  for (const [n, tick] of bar.ticks.entries()) {
    const r = top + Math.round(((bar.high - tick) / (bar.high - bar.low)) * (length - 1));
    canvas.rectangle(x + BAR, r, 4, 1, ink);
    canvas.text(x + BAR + 8, r - GLYPH_HEIGHT, tickLabel(bar, n), ink, SCALE);
  }
}

/** Round numbers inside [low, high], about `count` of them, 1, 2 or 5 times a power of ten apart. */
export function niceTicks(low: number, high: number, count = 5): number[] {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((m) => m * power >= raw) ?? 10);
  const ticks: number[] = [];
  for (let n = Math.ceil(low / step); n * step <= high; n++) ticks.push(n * step || 0);
  return ticks;
}

function tickLabel({ ticks, names }: ColourBar, n: number): string {
  return names?.[n] ?? String(Number(ticks[n]!.toPrecision(6)));
}
