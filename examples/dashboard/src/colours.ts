/** Red, green, blue, 0 to 255. */
export type Colour = readonly [number, number, number];

/** Of the tissues, in the order of the model's classes; Okabe and Ito's colours, told apart by the colour-blind too. */
export const TISSUE_COLOURS: readonly Colour[] = [
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
];

/** Of the densities: air, fat, soft tissue, bone. */
export const DENSITY_COLOURS: readonly Colour[] = [
  [0, 0, 0],
  [0, 114, 178],
  [240, 228, 66],
  [204, 121, 107],
  [255, 255, 255],
];

/** Black through red and yellow to white. */
export function heat(share: number): Colour {
  const t = 3 * Math.max(0, Math.min(1, share));
  const channel = (c: number) => 255 * Math.max(0, Math.min(1, t - c));
  return [channel(0), channel(1), channel(2)];
}

/** Blue at -1, white at 0, red at 1. */
export function blueWhiteRed(share: number): Colour {
  const t = Math.max(-1, Math.min(1, share));
  const fade = (full: number) => 255 + (full - 255) * Math.abs(t);
  return t < 0 ? [fade(5), fade(48), fade(140)] : [fade(150), fade(10), fade(25)];
}

export const css = ([r, g, b]: Colour) => `rgb(${r} ${g} ${b})`;
