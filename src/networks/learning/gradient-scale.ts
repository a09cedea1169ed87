import type { Tf } from "../backends/index.ts";
import type { GradientOf } from "./optimizer.ts";

/** What gradients are multiplied by so that their joint L2 norm is at most `limit`: PyTorch's `clip_grad_norm_` without its 1e-6. */
export function clippingScale(tf: Tf, gradients: readonly GradientOf[], limit: number): number {
  if (!Number.isFinite(limit)) return 1;
  const squares = gradients.map(({ gradient }) => tf.tidy(() => tf.sum(tf.square(gradient)).dataSync()[0]!));
  const norm = Math.sqrt(squares.reduce((a, b) => a + b, 0));
  return norm > limit ? limit / norm : 1;
}
