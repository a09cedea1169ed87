import { type Loss, losses } from "../learning/index.ts";
import type { OutputSpec } from "./output.ts";

/**
 * Cross-entropy beside an L1 error: at 512 HU a unit an early error of 200 HU is 0.4 and the cross-entropy of a few classes that are not told apart yet 1 to
 * 2, so that half of it keeps the CT, which is what a model is for, of the same weight from the start; later both fall alike. Soft Dice, as much of it,
 * since small classes hardly show in a mean over voxels (Isensee et al. 2021, nnU-Net).
 */
const LABELS = 0.5;

/**
 * What a run minimises unless told otherwise: the mean absolute error of each CT, and of labels half the cross-entropy and half of soft Dice beside
 * it. Scales have no target of their own: a loss of both an output and its scale must be given.
 */
export function defaultLoss(outputs: readonly OutputSpec[]): Loss {
  const terms = outputs.flatMap((output): (readonly [weight: number, loss: Loss])[] => {
    const of = output.name;
    if (output.kind === "ct") return [[1, losses.l1({ of })]];
    if (output.kind !== "labels") return [];
    return [
      [LABELS, losses.crossEntropy({ of })],
      [LABELS, losses.dice({ of })],
    ];
  });
  return terms.length === 1 && terms[0]![0] === 1 ? terms[0]![1] : losses.sum(terms);
}
