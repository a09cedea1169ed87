import { features } from "./feature-loss.ts";
import { gradient } from "./gradient-loss.ts";
import { crossEntropy, dice } from "./label-losses.ts";
import { laplacian } from "./laplacian-loss.ts";
import { bone, huber, l1, l2 } from "./pixel-losses.ts";
import { ssim } from "./ssim-loss.ts";
import { sum } from "./sum-loss.ts";

/**
 * Losses, each made by its factory. Each compares one output with its target, and pixels count as much as their weights say; `sum` adds others up.
 * Options that are HU (`delta`, `range`, ...) hold for outputs of kind `ct`.
 *
 * @example
 * const loss = losses.sum([[1, losses.l1()], [0.1, losses.crossEntropy({ of: "tissue" })]]);
 */
export const losses = {
  l1,
  l2,
  huber,
  bone,
  ssim,
  gradient,
  laplacian,
  features,
  crossEntropy,
  dice,
  sum,
} as const;
