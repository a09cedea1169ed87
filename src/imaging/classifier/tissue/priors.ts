import { assertSameGrid, type Volume } from "../../volume/index.ts";
import { intoBox, type MaskBox } from "./box.ts";
import { TISSUES, type TissueName } from "./tissue-options.ts";

/** Probability of each tissue in each voxel before its intensity is looked at: from a network, or an atlas. */
export type TissuePriors = Readonly<Record<TissueName, Volume>>;

/** No prior is surer than this: what an intensity says against it must still be heard. */
const FLOOR = 0.02;

/** Priors on the box of a mask, by tissue. */
export interface BoxPriors {
  readonly probability: readonly Float32Array[];
  readonly log: readonly Float32Array[];
}

/** Priors on the box of a mask, scaled to add up to 1 in each of its voxels. @throws MidashError `grid-mismatch` */
export function priorsOnBox(priors: TissuePriors, like: Volume, box: MaskBox): BoxPriors {
  const probability = TISSUES.map((name) => {
    assertSameGrid(like, priors[name], ["the volume", `the prior of ${name}`], {
      call: "Classifier.tissue",
      option: "priors",
    });
    return intoBox(priors[name].values(), like.shape, box);
  });
  for (const v of box.voxels) {
    let total = 0;
    for (const p of probability) total += p[v] = Math.max(0, p[v]!) + FLOOR;
    for (const p of probability) p[v]! /= total;
  }
  return { probability, log: probability.map((p) => p.map((share) => (share > 0 ? Math.log(share) : 0))) };
}
