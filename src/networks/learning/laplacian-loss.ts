import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import { assert } from "../../base/errors/index.ts";
import { type AxisMap, alongAxes } from "./along-axes.ts";
import type { Loss } from "./loss.ts";
import { type LossOptions, nearer, outputLoss } from "./output-loss.ts";

/** Options of the Laplacian loss. */
export interface LaplacianOptions extends LossOptions {
  /** Halvings, each followed by the differences that the next one can't show. Default 3: structures of some 2 to 16 pixels. */
  readonly levels?: number;
}

/**
 * The feature loss of fixed filters: mean absolute difference of two Laplacian pyramids (Burt and Adelson 1983; as a loss Lap1 of Bojanowski et al. 2018), whose
 * levels hold what is as fine as 1, 2, 4, ... pixels, the last one what remains; the sum of their means. Sharp and smooth errors count alike.
 */
export function laplacian({ levels = 3, of }: LaplacianOptions = {}): Loss {
  assert(Number.isInteger(levels) && levels > 0, `levels is a whole number from 1 on, got ${levels}`, {
    where: { call: "losses.laplacian" },
  });
  return {
    ...outputLoss("laplacian", { levels, of }, (tf, output, target) => {
      const parts: Scalar[] = [];
      let rest: Tensor = tf.sub(nearer(tf, output, target), target.values); // filters are linear: one pyramid, of the difference
      for (let level = 0; level < levels; level++) {
        const { shape } = rest;
        const coarse = alongAxes(tf, rest, halving);
        const smooth = alongAxes(tf, coarse, (_, axis) => doubling(shape[axis]!));
        parts.push(tf.mean(tf.abs(tf.sub(rest, smooth))));
        rest = coarse;
      }
      return tf.addN([...parts, tf.mean<Scalar>(tf.abs(rest))]);
    }),
    about: "mean absolute difference of Laplacian pyramids: errors of each size count alike",
  };
}

/** Burt and Adelson's filter at every second value, the axis mirrored at its ends. */
function halving(length: number): AxisMap {
  const columns = Math.ceil(length / 2);
  const data = new Float32Array(length * columns);
  for (let to = 0; to < columns; to++)
    for (const [n, value] of [1, 4, 6, 4, 1].entries())
      data[mirrored(2 * to + n - 2, length) * columns + to]! += value / 16;
  return { data, rows: length, columns };
}

/** The same filter back to `length` values, with zeros between those that were kept and twice as high. */
function doubling(length: number): AxisMap {
  const rows = Math.ceil(length / 2);
  const data = new Float32Array(rows * length);
  for (let to = 0; to < length; to++) {
    const k = Math.floor(to / 2);
    const terms =
      to % 2 === 0
        ? ([
            [k - 1, 1],
            [k, 6],
            [k + 1, 1],
          ] as const)
        : ([
            [k, 4],
            [k + 1, 4],
          ] as const);
    for (const [from, value] of terms) data[mirrored(from, rows) * length + to]! += value / 8;
  }
  return { data, rows, columns: length };
}

/** An index beyond an end, mirrored at the last value. */
function mirrored(at: number, length: number): number {
  if (length === 1) return 0;
  const round = Math.abs(at) % (2 * (length - 1));
  return Math.min(round, 2 * (length - 1) - round);
}
