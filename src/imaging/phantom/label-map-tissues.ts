import { HEAD_TISSUES, HeadLabel, type Tissue, type TissueMixture, type TissueTable } from "./tissues.ts";

const tissue = (label: number): Tissue => HEAD_TISSUES[label]!;

/** White-matter lesion: BrainWeb's MS lesion at 1.5 T. HU: a little under white matter, which it replaces with water. */
const LESION: Tissue = { name: "white matter lesion", t1: 752, t2: 237, pd: 0.76, hu: { mean: 23, sd: 3 } };

/** A tissue, and its numbers in whole-head label maps: FreeSurfer's from 0 to 164, others from 502 to 530. Soft tissue, which the maps don't divide, is muscle here. */
export const LABELLED_TISSUES: readonly (readonly [Tissue, readonly number[]])[] = [
  [tissue(HeadLabel.air), [0]],
  [tissue(HeadLabel.whiteMatter), [2, 41, 251, 252, 253, 254, 255]],
  [LESION, [25, 57, 77]],
  [tissue(HeadLabel.greyMatter), [3, 42]],
  [tissue(HeadLabel.cerebellarWhite), [7, 46]],
  [tissue(HeadLabel.cerebellarGrey), [8, 47]],
  [tissue(HeadLabel.ventricle), [4, 5, 14, 15, 31, 43, 44, 63, 72]],
  [tissue(HeadLabel.csf), [24]],
  [
    tissue(HeadLabel.deepGrey),
    [10, 11, 12, 13, 17, 18, 26, 28, 49, 50, 51, 52, 53, 54, 58, 60, 136, 137, 163, 164],
  ],
  [tissue(HeadLabel.brainStem), [16, 512]],
  [tissue(HeadLabel.venousBlood), [30, 62, 502, 514]],
  [tissue(HeadLabel.opticNerve), [85, 530]],
  [tissue(HeadLabel.vitreous), [506]],
  [tissue(HeadLabel.lens), [508]],
  [tissue(HeadLabel.muscle), [507]],
  [tissue(HeadLabel.mucosa), [509]],
  [tissue(HeadLabel.skin), [511]],
  [tissue(HeadLabel.corticalBone), [515]],
  [tissue(HeadLabel.diploe), [516]],
];

/**
 * The tissue table for whole-head label maps in the numbering of FreeSurfer (0 to 164) with the extra-cerebral labels
 * 502 to 530 of the maps that come with SynthSeg: bone, skin, mucosa, eyes, vessels. Soft tissue (507), which such maps
 * don't divide, is muscle and fat intermingled.
 */
export function tissueTableForHeadLabels(): TissueTable {
  const muscle = tissue(HeadLabel.muscle);
  const soft: TissueMixture = { name: "soft tissue", tissues: [muscle, tissue(HeadLabel.fat)], share: 0.4 };
  return new Map(
    LABELLED_TISSUES.flatMap(([what, labels]) =>
      labels.map((label) => [label, what === muscle ? soft : what] as const),
    ),
  );
}
