import type { ColourMap } from "../../imaging/display/index.ts";

/** Steps of a palette; the colour after them is for NaN. */
const STEPS = 255;

/** 255 colours for the values from `low` to `high`, and one for NaN: an image takes one byte a pixel. */
export class Palette {
  readonly low: number;
  readonly high: number;
  /** Red, green, blue, 0 to 255. */
  readonly colours: number[][];

  constructor(colours: ColourMap, low: number, high: number) {
    this.low = low;
    this.high = high;
    this.colours = Array.from({ length: STEPS }, (_, n) => [
      ...colours(low + ((high - low) * n) / (STEPS - 1)),
    ]);
    this.colours.push([...colours(Number.NaN)]);
  }

  /** Where `value` is found among the colours; values beyond the ends get the colours of the ends. */
  indexOf(value: number): number {
    if (Number.isNaN(value)) return STEPS;
    const share = (value - this.low) / (this.high - this.low);
    return Math.round((STEPS - 1) * Math.max(0, Math.min(1, share)));
  }
}
