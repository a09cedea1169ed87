/** Slices to pixels: greys in a window, two images mixed, their difference, and colours of classes over them. */
import {
  blueWhiteRed,
  type Colour,
  displayWindow,
  heat,
  labelColour,
  type SliceAxis,
  sliceValues,
  type Volume,
} from "@midash/core";
import { densityColour } from "./colours.ts";
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

/** What a model made so far: the synthetic CT may have voxels that are not there yet, NaN. */
export type Seen = Pick<Made, "sct"> & Partial<Pick<Made, "labels" | "density" | "uncertainty">>;

/** Of the MR where the synthetic CT has not come yet: share of its brightness, pixels from line to line of the hatching, and brightness of these. */
const WAITING = { share: 0.4, apart: 8, line: 70 } as const;

/** Slice `index` of what is open, as `look` wants it seen. */
export function paint(
  study: Study,
  made: Seen | undefined,
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
  const clamp = (value: number) => Math.max(0, Math.min(255, value));
  /** The MR, dark and hatched. */
  const waiting = (n: number) => {
    const value = clamp(grey(mr[n]!, ranges.mr));
    const line = value > WAITING.line / 2 && ((n % width) + Math.floor(n / width)) % WAITING.apart === 0;
    return line ? WAITING.line : WAITING.share * value;
  };
  const known = (values: Float32Array, colour: (n: number) => number) => (n: number) =>
    Number.isNaN(values[n]!) ? waiting(n) : colour(n);
  if (look.shown === "difference" && sct && ct) {
    const colour = blueWhiteRed(DIFFERENCE_HU);
    each((n) => colour(sct[n]! - ct[n]!));
  } else if (look.shown === "fusion" && sct)
    each(
      known(
        sct,
        (n) => (1 - look.mix) * clamp(grey(mr[n]!, ranges.mr)) + look.mix * clamp(grey(sct[n]!, ranges.ct)),
      ),
    );
  else if (ct) each((n) => grey(ct[n]!, ranges.ct));
  else if (sct) each(known(sct, (n) => grey(sct[n]!, ranges.ct)));
  else each((n) => grey(mr[n]!, ranges.mr));
  if (made) lay(data, made, look, values);
  return { image, pixel, edges };
}

/** Colours of classes, or of the uncertainty, over a picture. */
function lay(
  data: Uint8ClampedArray,
  made: Seen,
  { overlay, opacity }: Look,
  values: (volume: Volume) => { data: Float32Array },
) {
  if (overlay === "none") return;
  const volume =
    overlay === "tissues" ? made.labels : overlay === "densities" ? made.density?.labels : made.uncertainty;
  if (!volume) return;
  const found = values(volume).data;
  const colours = { tissues: labelColour, densities: densityColour, uncertainty: heat(UNSURE_HU) }[overlay];
  for (let n = 0; n < found.length; n++) {
    const value = found[n]!;
    if (value === 0) continue;
    const colour = colours(value);
    for (let c = 0; c < 3; c++) data[4 * n + c] = (1 - opacity) * data[4 * n + c]! + opacity * colour[c]!;
  }
}
