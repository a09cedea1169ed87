/** Slices of volumes as pictures: the right way up, in windows of HU or percentiles, in greys and other colours. */
export { blueWhiteRed, type Colour, type ColourMap, greys, heat } from "./colour-maps.ts";
export { labelColour, labelColours } from "./label-colours.ts";
export {
  type Picture,
  paintSlice,
  type SliceImage,
  type SliceImageOptions,
  sliceImage,
} from "./slice-image.ts";
export type { SliceChoice, SlicePlace } from "./slice-place.ts";
export { type SliceValues, sliceValues } from "./slice-values.ts";
export { forEachPixel, type SliceAxis, VIEWS, type View } from "./view.ts";
export {
  type DisplayWindow,
  displayWindow,
  mrRange,
  type NamedHuWindow,
  WIDE_WINDOW,
  windowRange,
} from "./window.ts";
