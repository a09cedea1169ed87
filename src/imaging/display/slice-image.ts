import { type ImageOrigin, orientedGrid, type Volume } from "../volume/index.ts";
import { type ColourMap, greys } from "./colour-maps.ts";
import { findSlice, type SliceChoice, type SlicePlace } from "./slice-place.ts";
import { forEachPixel, type View } from "./view.ts";
import { type DisplayWindow, displayWindow } from "./window.ts";

/** Pixels of a picture as a canvas takes them: red, green, blue, opacity, row by row from the top left. */
export interface Picture {
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

/** Options of {@link sliceImage}. */
export interface SliceImageOptions extends SliceChoice {
  /** What is black and what is white. Default: see {@link displayWindow}. */
  readonly window?: DisplayWindow;
}

/** What {@link sliceImage} gives: pixels, and what a viewer writes beside them. */
export interface SliceImage extends Picture, SlicePlace {
  /** Values at black and white. */
  readonly window: { readonly low: number; readonly high: number };
  /** True when the volume was simulated: say so beside the picture. */
  readonly simulated: boolean;
  /** Of an image that a model made, what the model was trained on: say "trained on simulated heads" beside the picture. */
  readonly trainedOn: ImageOrigin | undefined;
}

/**
 * A slice of a volume as pixels in greys, one a voxel, the right way up whatever the order of the volume's axes. Radiological display: the patient's right is on
 * the left of axial and coronal pictures, anterior on the left of sagittal ones; anterior is at the top of axial pictures, superior at the top of the others. Oblique
 * volumes are shown along their own axes. NaN is violet.
 *
 * @example
 * const image = sliceImage(sct, { axis: "coronal", index: 90, window: "bone" });
 * canvas.width = image.width;
 * canvas.height = image.height;
 * canvas.getContext("2d")?.putImageData(new ImageData(image.data, image.width), 0, 0);
 *
 * @throws MidashError `invalid-argument` for an unknown axis, a slice outside the volume or an impossible window
 */
export function sliceImage(volume: Volume, options: SliceImageOptions = {}): SliceImage {
  const { view, index, place } = findSlice(volume, options, "sliceImage");
  const window = displayWindow(volume, options.window);
  return {
    ...paintSlice(volume, view, index, greys(window.low, window.high)),
    ...place,
    window,
    simulated: volume.simulated,
    trainedOn: volume.trainedOn,
  };
}

/** Slice `index` of the canonical RAS grid in any colours, one pixel a voxel. */
export function paintSlice(volume: Volume, view: View, index: number, colours: ColourMap): Picture {
  const { data: values, scaling } = volume;
  const { shape } = orientedGrid(volume);
  const [width, height] = [shape[view.across], shape[view.along]];
  const data = new Uint8ClampedArray(4 * width * height).fill(255);
  forEachPixel(volume, view, index, (place, pixel) => {
    data.set(colours(scaling.slope * values[place]! + scaling.intercept), 4 * pixel);
  });
  return { data, width, height };
}
