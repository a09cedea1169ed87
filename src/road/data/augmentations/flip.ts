import type { Batch } from "../../../networks/models/index.ts";
import type { Augmentation } from "./augmentation.ts";

/** Options of `augmentations.flip`. */
export interface FlipOptions {
  /** World axis along which samples are mirrored. Default `x`, left and right: the body is nearly symmetric there, and nowhere else. */
  readonly axis?: "x" | "y" | "z";
}

/** Mirrors every second sample, inputs and targets alike. Samples in which the axis does not lie stay as they are. */
export function flip({ axis = "x" }: FlipOptions = {}): Augmentation {
  return {
    name: "flip",
    about: "mirrors every second sample along a world axis",
    toJSON: () => ({ name: "flip", axis }),
    apply(sample, random) {
      const at = sample.axes.indexOf(axis);
      if (at < 0 || random.next() >= 0.5) return sample;
      const targets = Object.entries(sample.targets).map(([name, batch]) => [name, mirrored(batch, at)]);
      return { ...sample, input: mirrored(sample.input, at), targets: Object.fromEntries(targets) };
    },
  };
}

/** One of the pixel axes reversed. */
function mirrored(batch: Batch, axis: number): Batch {
  const pixels = batch.shape.slice(1, -1);
  const length = pixels[axis]!;
  const inner = pixels.slice(axis + 1).reduce((a, b) => a * b, 1);
  const reverse = (data: Float32Array, channels: number) => {
    const out = new Float32Array(data.length);
    const row = inner * channels;
    for (let start = 0; start < data.length; start += row) {
      const place = (start / row) % length;
      out.set(data.subarray(start, start + row), start + (length - 1 - 2 * place) * row);
    }
    return out;
  };
  return {
    ...batch,
    data: reverse(batch.data, batch.shape.at(-1)!),
    ...(batch.mask ? { mask: reverse(batch.mask, 1) } : {}),
  };
}
