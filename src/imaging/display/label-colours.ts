import type { Colour, ColourMap } from "./colour-maps.ts";

/** Label 0, which is outside in all of the library's label volumes, is black; neighbours in the list differ in hue and lightness (Okabe and Ito 2008, and tints of theirs). */
const COLOURS: readonly Colour[] = [
  [0, 0, 0],
  [240, 228, 66],
  [204, 121, 107],
  [255, 255, 255],
  [230, 159, 0],
  [0, 114, 178],
  [86, 180, 233],
  [150, 150, 150],
  [215, 205, 190],
  [0, 158, 115],
  [213, 94, 0],
  [170, 110, 190],
];

/** The colour of a label; beyond the list they come again, but for black. */
export function labelColour(label: number): Colour {
  const n = COLOURS.length;
  return COLOURS[label < n ? label : 1 + ((label - 1) % (n - 1))]!;
}

/** Labels to colours. */
export const labelColours: ColourMap = (value) =>
  labelColour(Number.isNaN(value) ? 0 : Math.max(0, Math.round(value)));
