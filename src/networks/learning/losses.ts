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
  /** Mean absolute error: the capstone's. */
  l1,
  /** Mean squared error. */
  l2,
  /** Squared near 0, absolute beyond. */
  huber,
  /** L1 in which bone counts more, by the target's HU. */
  bone,
  /** One less the structural similarity of windows. */
  ssim,
  /** Differences of neighbouring pixels: heights of edges. */
  gradient,
  /** L1 of a pyramid of details: structures of each size. */
  laplacian,
  /** What a fixed network sees of both. */
  features,
  /** Cross-entropy of class probabilities, of an output of labels. */
  crossEntropy,
  /** One less the soft Dice coefficient, of an output of labels. */
  dice,
  /** A weighted sum of losses, whose weights may change on the way. */
  sum,
} as const;
