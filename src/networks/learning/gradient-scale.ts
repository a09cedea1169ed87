import type { Tf } from "../backends/index.ts";
import type { GradientOf } from "./optimizer.ts";

/**
 * What gradients are multiplied by so that their joint L2 norm is at most `limit`: PyTorch's `clip_grad_norm_` without its 1e-6. All squares are read at once: a graphics card would
 * wait for each.
 */
export async function clippingScale(
  tf: Tf,
  gradients: readonly GradientOf[],
  limit: number,
): Promise<number> {
  if (!Number.isFinite(limit) || gradients.length === 0) return 1;
  const sums = tf.tidy(() => tf.stack(gradients.map(({ gradient }) => tf.sum(tf.square(gradient)))));
  const squares = (await sums.data()) as Float32Array;
  sums.dispose();
  const norm = Math.sqrt(squares.reduce((a, b) => a + b, 0));
  return norm > limit ? limit / norm : 1;
}
