import type { Augmentation } from "./augmentation.ts";
import { changeValues, extremes } from "./change-inputs.ts";
import { checkInteger, checkShare } from "./settings.ts";

/** Options of `augmentations.histogram`. */
export interface HistogramOptions {
  /** How often each input is changed. Default 0.1, as MONAI. */
  readonly share?: number;
  /** Points of the curve, both ends of the range among them, which stay. Default 10, as MONAI: fewer bend it more gently. */
  readonly points?: number;
}

/** Maps the values of each input through a random curve that only rises: MONAI's RandHistogramShift. Which of two tissues is brighter stays; by how much does not. */
export function histogram(options: HistogramOptions = {}): Augmentation {
  const where = { call: "augmentations.histogram" };
  const share = checkShare(options.share ?? 0.1, where);
  const points = checkInteger(options.points ?? 10, "points", where, [3, 256]);
  return {
    name: "histogram",
    about: "maps values of inputs through a random rising curve",
    toJSON: () => ({ name: "histogram", share, points }),
    apply: (sample, random) =>
      changeValues(sample, random, share, (image) => {
        const curve = Float64Array.from({ length: points }, (_, i) => i / (points - 1));
        for (let i = 1; i < points - 1; i++) curve[i] = random.uniform(curve[i - 1]!, curve[i + 1]!);
        const range = extremes(image.channels);
        return (plane) => mapThrough(plane, curve, range);
      }),
  };
}

/** Values of a range through a curve over evenly spaced points of it, 0 its low end and 1 its high end, in place. */
export function mapThrough(
  plane: Float32Array,
  curve: Float64Array,
  [low, high]: readonly [number, number],
): void {
  if (!(high > low)) return;
  const last = curve.length - 2;
  const scale = (curve.length - 1) / (high - low);
  for (let v = 0; v < plane.length; v++) {
    const place = (plane[v]! - low) * scale;
    const at = Math.max(0, Math.min(last, place | 0));
    plane[v] = low + (high - low) * (curve[at]! + (place - at) * (curve[at + 1]! - curve[at]!));
  }
}
