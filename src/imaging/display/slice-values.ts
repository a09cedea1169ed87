import { orientedGrid, type Volume } from "../volume/index.ts";
import { findSlice, type SliceChoice, type SlicePlace } from "./slice-place.ts";
import { forEachPixel } from "./view.ts";

/** What {@link sliceValues} gives. */
export interface SliceValues extends SlicePlace {
  /** One a pixel, row by row from the top left, in the volume's unit. */
  readonly data: Float32Array<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

/**
 * The values of a slice in the order of {@link sliceImage}'s pixels: for colours, overlays and readouts of one's own.
 *
 * @example
 * const { data, width } = sliceValues(sct, { axis: "axial", index: 90 });
 * console.log(data[x + width * y], "HU");
 *
 * @throws MidashError `invalid-argument` for an unknown axis or a slice outside the volume
 */
export function sliceValues(volume: Volume, options: SliceChoice = {}): SliceValues {
  const { view, index, place } = findSlice(volume, options, "sliceValues");
  const { shape } = orientedGrid(volume);
  const [width, height] = [shape[view.across], shape[view.along]];
  const data = new Float32Array(width * height);
  const {
    data: values,
    scaling: { slope, intercept },
  } = volume;
  forEachPixel(volume, view, index, (place, pixel) => {
    data[pixel] = slope * values[place]! + intercept;
  });
  return { data, width, height, ...place };
}
