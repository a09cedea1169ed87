/** Red, green, blue, 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number];

/** A number to a colour. */
export type ColourMap = (value: number) => Colour;

/** What NaN looks like: no shade of grey, blue or red. */
const NOT_A_NUMBER: Colour = [170, 60, 200];

/** Black at `low` and below, white at `high` and above. */
export function greys(low: number, high: number): ColourMap {
  return (value) => {
    if (Number.isNaN(value)) return NOT_A_NUMBER;
    const g = Math.round(255 * Math.max(0, Math.min(1, (value - low) / (high - low))));
    return [g, g, g];
  };
}

/** Black at 0 and below, through red and yellow to white at `limit` and above: of what is never negative. */
export function heat(limit: number): ColourMap {
  return (value) => {
    if (Number.isNaN(value)) return NOT_A_NUMBER;
    const t = 3 * Math.max(0, Math.min(1, value / limit));
    const channel = (c: number) => Math.round(255 * Math.max(0, Math.min(1, t - c)));
    return [channel(0), channel(1), channel(2)];
  };
}

/** Blue at -limit and below, white at 0, red at limit and above, as Matplotlib's "bwr" but darker at the ends. */
export function blueWhiteRed(limit: number): ColourMap {
  const blue: Colour = [5, 48, 140];
  const red: Colour = [150, 10, 25];
  return (value) => {
    if (Number.isNaN(value)) return NOT_A_NUMBER;
    const t = Math.max(-1, Math.min(1, value / limit));
    const end = t < 0 ? blue : red;
    // Through the pure hue at half way, so that small errors are already coloured.
    const hue: Colour = t < 0 ? [60, 120, 245] : [245, 80, 60];
    const a = Math.abs(t);
    const mix = (from: number, to: number, s: number) => Math.round(from + (to - from) * s);
    const channel = (c: 0 | 1 | 2) => (a < 0.5 ? mix(255, hue[c], 2 * a) : mix(hue[c], end[c], 2 * a - 1));
    return [channel(0), channel(1), channel(2)];
  };
}
