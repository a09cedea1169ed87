import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import { assert } from "../../base/errors/index.ts";
import type { Tf } from "../backends/index.ts";
import { type AxisMap, alongAxes } from "./along-axes.ts";
import type { Loss, TargetTensors } from "./loss.ts";
import { type LossOptions, outputLoss, weightedMean } from "./output-loss.ts";

/** Options of the SSIM loss. */
export interface SsimOptions extends LossOptions {
  /** HU from the lowest to the highest value. Default 4096, a 12-bit CT. */
  readonly range?: number;
  /** Standard deviation of the Gaussian window in pixels; it reaches 3.5 of them to each side. Default 1.5, so 11 pixels, as Wang et al. */
  readonly sigma?: number;
}

/** Of Wang et al. 2004, as in scikit-image and torchmetrics. */
const [K1, K2] = [0.01, 0.03];

/**
 * One less the mean structural similarity (Wang et al. 2004), in 2-D or 3-D as the samples are: scikit-image's with `gaussian_weights` and without
 * `use_sample_covariance`, and torchmetrics'. It is taken at every pixel whose window lies within the sample, and counts as that pixel's weight says.
 * Pixels of weight 0 are left out of the windows, too: whatever stands there changes nothing. It does not know how far brightness as a whole is off by much,
 * so use it beside L1.
 */
export function ssim({ range = 4096, sigma = 1.5, of }: SsimOptions = {}): Loss {
  const where = { call: "losses.ssim" };
  assert(range > 0 && sigma > 0, `range and sigma must be positive, got ${range} and ${sigma}`, { where });
  const window = gaussian(sigma);
  return {
    ...outputLoss("ssim", { range, sigma, of }, (tf, output, target, hu) => {
      const small = target.values.shape.slice(1, -1).find((length) => length < window.length);
      assert(small === undefined, `samples are ${small} pixels long, its window ${window.length}`, {
        where: "loss ssim",
        hint: "choose larger samples or a smaller sigma",
      });
      return dissimilarity(tf, output, target, window, range * hu().scale);
    }),
    about: "one less the structural similarity, 2-D or 3-D, Gaussian window",
  };
}

function dissimilarity(
  tf: Tf,
  x: Tensor,
  { values: y, weight }: TargetTensors,
  window: Float32Array,
  range: number,
): Scalar {
  const seen = tf.cast(tf.greater(weight, 0), "float32");
  const filtered = (image: Tensor) => alongAxes(tf, image, (length) => within(length, window));
  const share = tf.maximum(filtered(seen), 1e-6); // of the window that is seen
  const mean = (image: Tensor) => tf.div(filtered(tf.mul(image, seen)), share);
  const [mx, my] = [mean(x), mean(y)];
  const [mxx, myy, mxy] = [tf.square(mx), tf.square(my), tf.mul(mx, my)];
  const spreads = tf.sub(mean(tf.add(tf.square(x), tf.square(y))), tf.add(mxx, myy)); // both variances
  const covariance = tf.sub(mean(tf.mul(x, y)), mxy);
  const [c1, c2] = [(K1 * range) ** 2, (K2 * range) ** 2];
  const similarity = tf.div(
    tf.mul(tf.add(tf.mul(mxy, 2), c1), tf.add(tf.mul(covariance, 2), c2)),
    tf.mul(tf.add(tf.add(mxx, myy), c1), tf.add(spreads, c2)),
  );
  const half = (window.length - 1) / 2;
  const centres = tf.slice(
    weight,
    [0, ...weight.shape.slice(1, -1).map(() => half), 0],
    [-1, ...weight.shape.slice(1, -1).map((length) => length - 2 * half), 1],
  );
  return weightedMean(tf, tf.sub(1, similarity), centres);
}

/** As SciPy's `gaussian_filter` with `truncate` 3.5: an odd number of values whose sum is 1. */
function gaussian(sigma: number): Float32Array {
  const radius = Math.floor(3.5 * sigma + 0.5);
  const values = Float64Array.from({ length: 2 * radius + 1 }, (_, n) =>
    Math.exp(-0.5 * ((n - radius) / sigma) ** 2),
  );
  const sum = values.reduce((a, b) => a + b, 0);
  return Float32Array.from(values, (value) => value / sum);
}

/** The filter at each place where all of it lies within the axis. */
function within(length: number, window: Float32Array): AxisMap {
  const columns = length - window.length + 1;
  const data = new Float32Array(length * columns);
  for (let to = 0; to < columns; to++)
    for (const [n, value] of window.entries()) data[(to + n) * columns + to] = value;
  return { data, rows: length, columns };
}
