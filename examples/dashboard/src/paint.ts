/** Slices to pixels: greys in a window, two images mixed, their difference, and colours of classes over them. */
import { displayWindow, type SliceAxis, sliceValues, type Volume } from "@midash/core";
import { blueWhiteRed, type Colour, DENSITY_COLOURS, heat, TISSUE_COLOURS } from "./colours.ts";
import type { Made, Range, Study } from "./study.ts";
import type { CtWindow, Overlay, Shown } from "./view.ts";

/** HU from white to colour in pictures of differences. */
export const DIFFERENCE_HU = 500;
/** HU that are white in pictures of the uncertainty. */
export const UNSURE_HU = 400;

/** All that a picture depends on. */
export interface Look {
  readonly shown: Shown;
  readonly mix: number;
  readonly overlay: Overlay;
  readonly opacity: number;
  readonly ctWindow: CtWindow;
  readonly dragged: { readonly width: number; readonly shift: number };
}

/** A slice as a canvas takes it, one pixel a voxel. */
export interface Painted {
  readonly image: ImageData;
  /** Width and height of a pixel in mm. */
  readonly pixel: readonly [number, number];
  readonly edges: Readonly<Record<"left" | "right" | "top" | "bottom", string>>;
}

/** The windows that a look means, after what was dragged. */
export function rangesOf(study: Study, { ctWindow, dragged }: Pick<Look, "ctWindow" | "dragged">) {
  const ct = displayWindow(study.ct ?? study.mr, ctWindow === "wide" ? { low: -700, high: 1300 } : ctWindow);
  return { mr: changed(study.range, dragged), ct: changed(ct, dragged) };
}

function changed({ low, high }: Range, { width, shift }: Look["dragged"]): Range {
  const middle = (low + high) / 2 + shift * (high - low);
  const half = ((high - low) / 2) * width;
  return { low: middle - half, high: middle + half };
}

/** Slice `index` of what is open, as `look` wants it seen. */
export function paint(
  study: Study,
  made: Made | undefined,
  axis: SliceAxis,
  index: number,
  look: Look,
): Painted {
  const values = (volume: Volume) => sliceValues(volume, { axis, index });
  const place = values(study.mr);
  const { width, height, pixel, edges } = place;
  const ranges = rangesOf(study, look);
  const image = new ImageData(width, height);
  const { data } = image;
  const grey = (value: number, { low, high }: Range) => (255 * (value - low)) / (high - low); // clamped by the array
  const each = (colour: (n: number) => Colour | number) => {
    for (let n = 0; n < width * height; n++) {
      const found = colour(n);
      if (typeof found === "number") data[4 * n] = data[4 * n + 1] = data[4 * n + 2] = found;
      else [data[4 * n], data[4 * n + 1], data[4 * n + 2]] = found as [number, number, number];
      data[4 * n + 3] = 255;
    }
  };
  const mr = place.data;
  const ct =
    look.shown === "ct" || look.shown === "difference" ? study.ct && values(study.ct).data : undefined;
  const sct = made && look.shown !== "mr" && look.shown !== "ct" ? values(made.sct).data : undefined;
  if (look.shown === "difference" && sct && ct) each((n) => blueWhiteRed((sct[n]! - ct[n]!) / DIFFERENCE_HU));
  else if (look.shown === "fusion" && sct) {
    const clamp = (value: number) => Math.max(0, Math.min(255, value));
    each((n) => (1 - look.mix) * clamp(grey(mr[n]!, ranges.mr)) + look.mix * clamp(grey(sct[n]!, ranges.ct)));
  } else if (ct) each((n) => grey(ct[n]!, ranges.ct));
  else if (sct) each((n) => grey(sct[n]!, ranges.ct));
  else each((n) => grey(mr[n]!, ranges.mr));
  if (made) lay(data, made, look, values);
  return { image, pixel, edges };
}

/** Colours of classes, or of the uncertainty, over a picture. */
function lay(
  data: Uint8ClampedArray,
  made: Made,
  { overlay, opacity }: Look,
  values: (volume: Volume) => { data: Float32Array },
) {
  if (overlay === "none") return;
  const volume =
    overlay === "tissues" ? made.labels : overlay === "densities" ? made.density.labels : made.uncertainty;
  if (!volume) return;
  const found = values(volume).data;
  const colours = overlay === "tissues" ? TISSUE_COLOURS : DENSITY_COLOURS;
  for (let n = 0; n < found.length; n++) {
    const value = found[n]!;
    if (value === 0) continue;
    const colour = overlay === "uncertainty" ? heat(value / UNSURE_HU) : (colours[value] ?? colours[1]!);
    for (let c = 0; c < 3; c++) data[4 * n + c] = (1 - opacity) * data[4 * n + c]! + opacity * colour[c]!;
  }
}
